package boot_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestServicesStartInOrderOfDependencies(t *testing.T) {
	clause.Proves(t, "BOOT-01", "SUP-64", "SUP-66")
	t.Parallel()
	b := newContainer(t).together()
	say := func(word string) string { return "echo " + word + ` >>/tmp/order; printf '\n' >&3; exec sleep 1000` }
	b.longrun("early", `echo early >/tmp/early; exec sleep 1000`)
	b.longrun("c", say("c"), "dependencies.d/b=", "notification-fd=3")
	b.longrun("b", say("b"), "dependencies.d/a=", "notification-fd=3")
	b.longrun("a", say("a"), "dependencies.d/one=", "notification-fd=3")
	b.script("etc/one", `echo one $1 >>/tmp/order`)
	b.file("etc/s6-overlay/s6-rc.d/one/type", "oneshot", 0o644)
	b.file("etc/s6-overlay/s6-rc.d/one/up", "/etc/one up", 0o644)
	b.file("etc/s6-overlay/s6-rc.d/one/down", "/etc/one down", 0o644)
	b.file("etc/s6-overlay/s6-rc.d/one/dependencies.d/base", "", 0o644)
	b.longrun("idle", "exec sleep 1000")
	b.must(os.Remove(b.path("etc/s6-overlay/s6-rc.d/user/contents.d/idle")))
	b.script("etc/cont-init.d/01", `until [ -e /tmp/early ]; do sleep 0.01; done; echo base >>/tmp/order`)
	b.script("etc/cont-finish.d/01", `cat /tmp/order`)
	p := b.start(nil, "sh", "-c", `echo cmd >>/tmp/order; ls /run/s6-rc/servicedirs/*/down; echo up; exec sleep 1000`)
	p.prints("up\n")
	if got := p.stdout.String(); got != "/run/s6-rc/servicedirs/idle/down\nup\n" {
		t.Errorf("down files: %q", got)
	}
	p.stop()
	p.expect(0)
	order := strings.Fields(p.stdout.String()[strings.Index(p.stdout.String(), "up\n")+3:])
	if got := strings.Join(order, " "); got != "base one up a b c cmd one down" {
		t.Errorf("order %q", got)
	}
}

func TestServiceThatDoesNotComeUp(t *testing.T) {
	clause.Proves(t, "SUP-66", "SUP-68")
	t.Parallel()
	b := newContainer(t)
	b.longrun("never", "exec sleep 1000", "notification-fd=3", "timeout-up=100")
	b.longrun("after", "exec sleep 1000", "dependencies.d/never=")
	b.longrun("free", "exec sleep 1000")
	p := b.run("sh", "-c", `until [ "$(/command/s6-svstat -o wantedup /run/service/never)" = false ]; do sleep 0.01; done
		for s in never after free; do /command/s6-svstat -o wantedup /run/service/$s; done`)
	p.expect(0)
	if got := p.stdout.String(); got != "false\nfalse\ntrue\n" {
		t.Errorf("wanted up: %q; stderr:\n%s", got, p.stderr.String())
	}
	for _, want := range []string{`cannot start "never"`, `cannot start "after": skipped`, "never down: ", "free start"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, p.stderr.String())
		}
	}
}

func TestServiceThatCannotBeExecuted(t *testing.T) {
	clause.Proves(t, "SUP-28", "SUP-66")
	t.Parallel()
	b := newContainer(t)
	b.longrun("broken", "")
	b.file("etc/s6-overlay/s6-rc.d/broken/run", "#!/no/such/interpreter\n", 0o755)
	p := b.run("echo", "cmd")
	p.expect(0)
	if !strings.Contains(p.stderr.String(), `cannot start "broken"`) {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
}

func TestBrokenDefinitionsAreNamed(t *testing.T) {
	clause.Proves(t, "SUP-03", "SUP-64")
	t.Parallel()
	for want, prepare := range map[string]func(*container){
		"cycle a -> b -> a": func(b *container) {
			b.longrun("a", "", "dependencies.d/b=")
			b.longrun("b", "", "dependencies.d/a=")
		},
		`cannot find service "nowhere", named by "a"`: func(b *container) { b.longrun("a", "", "dependencies.d/nowhere=") },
		`"a": producer-for: pipelines`:                func(b *container) { b.longrun("a", "", "producer-for=b") },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			prepare(b)
			b.setenv("S6_BEHAVIOUR_IF_STAGE2_FAILS=2")
			p := b.run("echo", "cmd")
			p.expect(1)
			if !strings.Contains(p.stderr.String(), want) {
				t.Errorf("stderr:\n%s", p.stderr.String())
			}
		})
	}
}

func TestServicesDAndSlotsStartAfterTheBootScripts(t *testing.T) {
	clause.Proves(t, "BOOT-02", "BOOT-19", "SUP-67")
	t.Parallel()
	b := newContainer(t)
	b.logLimits()
	b.setenv("S6_CMD_WAIT_FOR_SERVICES=1")
	b.script("etc/services.d/web/run", `echo "web says hello"; echo ready >/tmp/web; printf '\n' >&3; exec sleep 1000`)
	b.file("etc/services.d/web/notification-fd", "3", 0o644)
	b.script("etc/services.d/web/log/run", `exec cat >/tmp/web.log`)
	b.script("etc/services.d/off/run", `touch /tmp/off; exec sleep 1000`)
	b.file("etc/services.d/off/down", "", 0o644)
	b.script("etc/cont-init.d/01", `mkdir /run/service/slot; printf '#!/bin/sh\necho up >/tmp/slot; exec sleep 1000' >/run/service/slot/run; chmod +x /run/service/slot/run
		[ ! -e /tmp/web ] || echo too early`)
	p := b.start(nil, "sh", "-c", "cat /tmp/web; ls /tmp/off; exec sleep 1000")
	p.prints("ready\n")
	p.until("the slot", func() bool {
		_, err := os.Stat(p.inside("/tmp/slot"))
		return err == nil
	})
	p.until("the log", func() bool {
		log, _ := os.ReadFile(p.inside("/tmp/web.log"))
		return string(log) == "web says hello\n"
	})
	p.stop()
	p.expect(0)
	p.reached()
	if p.stdout.String() != "ready\n" {
		t.Errorf("stdout %q", p.stdout.String())
	}
	for _, want := range []string{"off down: has a down file", "slot start", "web ready: no down file"} {
		if !strings.Contains(p.stderr.String(), "; "+want) {
			t.Errorf("stderr lacks %q:\n%s", want, p.stderr.String())
		}
	}
}

func TestServiceThatRefusesToRunIsNotCalledUp(t *testing.T) {
	clause.Proves(t, "SUP-68")
	t.Parallel()
	b := newContainer(t)
	b.setenv("S6_CMD_WAIT_FOR_SERVICES=1")
	b.longrun("off", "exit 0")
	b.script("etc/s6-overlay/s6-rc.d/off/finish", "exit 125")
	b.script("etc/services.d/later/run", `until [ "$(/command/s6-svstat -o wantedup /run/service/off)" = false ]; do sleep 0.01; done; echo >&3; exec sleep 1000`)
	b.file("etc/services.d/later/notification-fd", "3", 0o644)
	p := b.run("true")
	p.expect(0)
	if want := "off down: finish exited 125"; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("stderr lacks %q:\n%s", want, p.stderr.String())
	}
}

func TestServiceIsStartedOnlyIfItsVariableIsSet(t *testing.T) {
	clause.Proves(t, "SUP-125")
	t.Parallel()
	b := newContainer(t)
	b.setenv("WANTED=yes")
	b.setenv("EMPTY=")
	b.script("etc/cont-init.d/50-wants", "printf yes >/run/s6/container_environment/LATE")
	for name, variable := range map[string]string{"asked": "WANTED", "late": "LATE", "unasked": "MISSING", "empty": "EMPTY"} {
		b.longrun(name, "echo "+name+" >&2; exec sleep 1000", "start-if-set="+variable+"\n", "dependencies.d/base=")
	}
	b.longrun("dependent", "exec sleep 1000", "dependencies.d/unasked=")
	p := b.run("sh", "-c", `cd /run/service && printf u >unasked/supervise/control && until [ "$(/command/s6-svstat -o up unasked)" = true ]; do sleep 0.01; done; ls */down`)
	p.expect(0)
	if got := p.stdout.String(); got != "empty/down\nunasked/down\n" {
		t.Errorf("stdout %q", got)
	}
	for _, want := range []string{"unasked down: MISSING is not set", "empty down: EMPTY is not set"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, p.stderr.String())
		}
	}
	for name, count := range map[string]int{"asked": 1, "late": 1, "unasked": 1, "empty": 0} {
		if got := strings.Count("\n"+p.stderr.String(), "\n"+name+"\n"); got != count {
			t.Errorf("%s was started %d times, want %d:\n%s", name, got, count, p.stderr.String())
		}
	}
}

func TestEachServiceGetsOneTerm(t *testing.T) {
	clause.Proves(t, "BOOT-17", "SUP-79")
	t.Parallel()
	b := newContainer(t).together()
	// Each goes on for a while after its TERM, so that a second one would show.
	count := `trap 'echo TERM $0; left=3' TERM; echo up $0; while [ "$left" != 0 ]; do sleep 0.1; [ -z "$left" ] || left=$((left-1)); done`
	b.longrun("svc", count)
	b.script("etc/services.d/legacy/run", count)
	b.script("etc/services.d/legacy/finish", "echo finish $1")
	p := b.start(nil, "sh", "-c", count, "cmd")
	p.until("all up", func() bool { return strings.Count(p.stdout.String(), "up ") == 3 })
	p.stop()
	if got := strings.Count(p.stdout.String(), "TERM"); got != 3 {
		t.Errorf("%d TERMs, want 3:\n%s", got, p.stdout.String())
	}
	if !strings.Contains(p.stdout.String(), "finish 0") {
		t.Errorf("finish did not run:\n%s", p.stdout.String())
	}
}

func TestNothingIsExecutedFromRun(t *testing.T) {
	clause.Proves(t, "RUN-06", "SUP-27")
	t.Parallel()
	b := newContainer(t).together()
	b.entry.RunFlags = unix.MS_NOEXEC | unix.MS_NOSUID | unix.MS_NODEV
	b.entry.ReadOnly = true
	b.longrun("svc", "echo service runs; exec sleep 1000")
	b.script("etc/services.d/web/run", "echo web runs; exec sleep 1000")
	b.script("etc/cont-init.d/01", `printf '#!/bin/sh -e\necho "script runs"; exit 5' >/run/cmd; chmod +x /run/cmd`)
	p := b.start(nil, "/command/with-contenv", "sh", "-c", `/command/with-contenv /run/cmd; echo "script ended $?"; exec sleep 1000`)
	p.prints("service runs")
	p.prints("web runs")
	p.prints("script runs")
	p.prints("script ended 5")
	p.stop()
	p.expect(0)
}

func TestAnyUserCanStartTheContainer(t *testing.T) {
	clause.Proves(t, "RUN-03", "RUN-04")
	t.Parallel()
	for _, uid := range []int{10000, 54321} {
		b := newContainer(t).together()
		b.entry.UID = uid
		b.entry.RunFlags = unix.MS_NOEXEC
		b.longrun("svc", `echo svc $(id -u); touch /tmp/up; exec sleep 1000`)
		p := b.run("sh", "-c", `until [ -e /tmp/up ]; do sleep 0.01; done; echo cmd $(id -u); /run/s6/basedir/bin/halt; exec sleep 1000`)
		p.expect(0)
		if want := fmt.Sprintf("svc %d\ncmd %[1]d\n", uid); p.stdout.String() != want {
			t.Errorf("stdout %q, want %q", p.stdout.String(), want)
		}
	}
}

func TestSignalsArriveWithoutCapKill(t *testing.T) {
	clause.Proves(t, "RUN-07", "SUP-78")
	t.Parallel()
	for _, below := range []bool{false, true} {
		b := newContainer(t).together()
		b.entry.Above = below
		b.entry.Drop = []uintptr{unix.CAP_KILL, unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER}
		as := "setpriv --reuid 4711 --regid 4712 --clear-groups "
		b.longrun("svc", "exec "+as+`sh -c 'trap "echo svc TERM; exit" TERM; echo svc up; while :; do sleep 0.05; done'`)
		p := b.start(nil, "sh", "-c", as+"setsid sleep 1000 & exec "+as+`sh -c 'trap "echo cmd TERM; exit 5" TERM; echo cmd up; while :; do sleep 0.05; done'`)
		p.prints("svc up")
		p.prints("cmd up")
		p.stop()
		p.expect(5)
		p.prints("svc TERM")
	}
}

func TestTheInitWorksBelowAnotherInit(t *testing.T) {
	clause.Proves(t, "RUN-05", "SUP-81")
	t.Parallel()
	b := newContainer(t)
	b.logLimits()
	b.entry.Above = true
	b.longrun("svc", "exec sleep 1000")
	p := b.start(nil, "sh", "-c", `(setsid sleep 1000 &); cat /proc/$PPID/comm; [ $PPID != 1 ] && echo below; while :; do sleep 0.1; done`)
	p.prints("s6-svscan\nbelow\n")
	p.stop()
	p.expect(0)
	p.reached()
}

func TestAStartThatIsRefusedNamesTheFix(t *testing.T) {
	clause.Proves(t, "RUN-09", "SUP-60", "SUP-83")
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*container)
		line    string
	}{
		"unwritable": {
			func(b *container) { b.entry.UID, b.entry.RunMode = 10000, "0755" },
			"init: fatal: cannot write to \"/run\" as uid 10000; start with --tmpfs /run or another writable mount there\n",
		},
		"world-writable": {
			func(b *container) { b.entry.UID, b.entry.RunMode = 10000, "0777" },
			"S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES=1\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			c.prepare(b)
			p := b.run("true")
			p.expect(100)
			if got := p.stderr.String(); !strings.HasSuffix(got, c.line) || strings.Count(got, "\n") != 1 {
				t.Errorf("stderr %q", got)
			}
		})
	}
}

func TestAnUnknownUserIsRefusedEvenWithoutRun(t *testing.T) {
	clause.Proves(t, "RUN-01")
	t.Parallel()
	for uid, want := range map[int]int{4711: 1, 10000: 100} {
		b := newContainer(t)
		b.entry.UID, b.entry.RunMode = uid, "0755"
		b.file("etc/passwd", "hermes:x:10000:10000::/:/bin/sh\n", 0o644)
		b.file("etc/group", "hermes:x:10000:\n", 0o644)
		p := b.run("echo", "CMD ran")
		p.expect(want)
		if got := p.stderr.String(); p.stdout.String() != "" || strings.HasPrefix(got, "[hermes] ERROR: container started with --user 4711") != (uid == 4711) {
			t.Errorf("uid %d: stdout %q, stderr %q", uid, p.stdout.String(), got)
		}
	}
}

func TestRunIsMountedWhenRootMay(t *testing.T) {
	clause.Proves(t, "SUP-60")
	t.Parallel()
	b := newContainer(t)
	b.entry.RunFlags = unix.MS_RDONLY
	p := b.run("grep", "-c", " /run tmpfs", "/proc/mounts")
	p.expect(0)
	if p.stdout.String() != "2\n" {
		t.Errorf("mounts of /run: %q", p.stdout.String())
	}
}

func TestAnInitInsideAnInitIsRefused(t *testing.T) {
	clause.Proves(t, "FAULT-20", "SUP-50")
	t.Parallel()
	p := newContainer(t).run("sh", "-c", `/init true; echo $?; ls -d /run/service/.s6-svscan`)
	p.expect(0)
	if got := p.stdout.String(); got != "100\n/run/service/.s6-svscan\n" {
		t.Errorf("stdout %q", got)
	}
}
