package boot_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestFixAttrsBeforeContInit(t *testing.T) {
	clause.Proves(t, "SUP-67", "SUP-77")
	t.Parallel()
	b := newContainer(t).together()
	b.file("etc/fix-attrs.d/01-data", "/tmp/data true 4711:4712 0640 0750\n", 0o644)
	b.setenv("S6_STAGE2_HOOK=/etc/hook")
	b.script("etc/hook", "mkdir /tmp/data; echo x >/tmp/data/file; echo x >/tmp/data/.hidden")
	b.script("etc/cont-init.d/01", "stat -c '%u:%g %a %n' /tmp/data /tmp/data/file /tmp/data/.hidden")
	p := b.run("true")
	p.expect(0)
	if got := p.stdout.String(); got != "4711:4712 750 /tmp/data\n4711:4712 640 /tmp/data/file\n0:0 644 /tmp/data/.hidden\n" {
		t.Errorf("stdout %q; stderr:\n%s", got, p.stderr.String())
	}
	if !strings.Contains(p.stderr.String(), "fix-attrs.d is deprecated") {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
}

func TestStopScriptsRunInOrderWithinTheirLimit(t *testing.T) {
	clause.Proves(t, "BOOT-19", "SUP-79")
	t.Parallel()
	b := newContainer(t).together()
	b.setenv("S6_KILL_FINISH_MAXTIME=200")
	b.script("etc/cont-finish.d/10", `echo second; cat /run/s6-linux-init-container-results/exitcode`)
	b.script("etc/cont-finish.d/01", `echo first; exec sleep 1000`)
	b.script("etc/cont-finish.d/20", `echo third; exit 3`)
	p := b.run("sh", "-c", "exit 42")
	p.expect(42)
	if got := p.stdout.String(); got != "first\nsecond\n42\nthird\n" {
		t.Errorf("stdout %q", got)
	}
	for _, want := range []string{
		"cont-finish: warning: /etc/cont-finish.d/01 took too long and was killed\n",
		"cont-finish: info: /etc/cont-finish.d/20 exited 3\n",
	} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, p.stderr.String())
		}
	}
}

func TestSettingsShapeCMD(t *testing.T) {
	clause.Proves(t, "SUP-70", "SUP-77")
	t.Parallel()
	b := newContainer(t).together()
	b.entry.Dir = "/tmp"
	b.setenv("S6_CMD_ARG0=sh -c", "S6_RUNTIME_PROFILE=other", "S6_VERBOSITY=1", "S6_FUTURE=1", "S6_KILL_GRACETIME=soon")
	b.script("etc/cont-init.d/01", "echo not this one")
	b.script("etc/cont-profile.d/other/cont-init.d/01", "echo profile")
	p := b.run("-g", "--", "pwd; env; echo $0 $1", "zero", "one")
	p.expect(0)
	want := "profile\n/tmp\n"
	if got := p.stdout.String(); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "zero one\n") || strings.Contains(got, "S6_") {
		t.Errorf("stdout %q", got)
	}
	if got := p.stderr.String(); got != "init: warning: S6_KILL_GRACETIME is \"soon\", not a number: 3000 is used\ninit: warning: S6_FUTURE=\"1\" has no effect\n" {
		t.Errorf("stderr %q", got)
	}
}

func TestAProfileThatIsNotThereIsNamedAndEtcUsed(t *testing.T) {
	clause.Proves(t, "ENV-11", "SUP-77")
	t.Parallel()
	b := newContainer(t).together()
	b.setenv("S6_RUNTIME_PROFILE=missing", "S6_VERBOSITY=1")
	b.script("etc/cont-init.d/01", "echo this one")
	p := b.run("true")
	p.expect(0)
	p.prints("this one\n")
	want := "init: warning: S6_RUNTIME_PROFILE is \"missing\", not a directory of /etc/cont-profile.d: /etc is used\n"
	if got := p.stderr.String(); got != want {
		t.Errorf("stderr %q", got)
	}
}

func TestScriptsOfTheScandirReplaceSignalsAndTheExit(t *testing.T) {
	clause.Proves(t, "SUP-57", "SUP-59")
	t.Parallel()
	b := newContainer(t).together()
	put := func(name, body string) string {
		return "printf '#!/bin/sh\\n%s\\n' '" + body + "' >/run/service/.s6-svscan/" + name + "; chmod +x /run/service/.s6-svscan/" + name + "\n"
	}
	b.script("etc/cont-init.d/01", put("SIGTERM", "echo instead; pwd")+put("finish", "echo finished; pwd; exit 9"))
	p := b.start(nil, "sh", "-c", "echo up; exec sleep 1000")
	p.prints("up\n")
	p.signal(syscall.SIGTERM)
	p.prints("instead\n/run/service\n")
	p.signal(syscall.SIGINT)
	p.expect(9)
	p.prints("finished\n/run/service\n")
}

func TestFinishThatCannotBeExecuted(t *testing.T) {
	clause.Proves(t, "SUP-59")
	t.Parallel()
	for name, c := range map[string]struct {
		crash string
		want  int
	}{
		"crash takes over":         {"printf '#!/bin/sh\\nexit 8\\n' >/run/service/.s6-svscan/crash; chmod +x /run/service/.s6-svscan/crash", 8},
		"crash is missing":         {"", 127},
		"crash is no program, too": {"touch /run/service/.s6-svscan/crash", 126},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.script("etc/cont-init.d/01", "touch /run/service/.s6-svscan/finish\n"+c.crash)
			b.run("true").expect(c.want)
		})
	}
}

func TestControlLettersEndTheContainer(t *testing.T) {
	clause.Proves(t, "SUP-57")
	t.Parallel()
	for letter, want := range map[string]int{"t": 0, "i": 0, "q": 0, "b": 0} {
		t.Run(letter, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.script("etc/services.d/svc/run", "exec sleep 1000")
			b.script("etc/services.d/svc/log/run", "exec cat")
			p := b.start(nil, "sh", "-c", "echo up; exec sleep 1000")
			p.prints("up")
			b.must(os.WriteFile(p.inside("/run/service/.s6-svscan/control"), []byte(letter), 0))
			p.expect(want)
		})
	}
}

func TestLeftoversAreCleared(t *testing.T) {
	clause.Proves(t, "BOOT-03", "FAULT-16", "SUP-60")
	t.Parallel()
	b := newContainer(t)
	b.entry.RunDir = true
	b.must(os.Remove(b.path("var/run")))
	b.must(os.Mkdir(b.path("var/run"), 0o755))
	for _, stale := range []string{"s6/container_environment/OLD", "service/old/run", "uncaught-logs/current", "s6-rc:x/y", "s6-rc/z"} {
		b.file("run/"+stale, "", 0o755)
	}
	b.file("run/hermes/kept", "", 0o644)
	for range 2 {
		p := b.run("sh", "-c", `ls /run/hermes; ls -A /run/service /run/s6/container_environment; ls -d /run/s6-rc* /run/uncaught-logs; readlink /var/run`)
		p.wait()
		if got := p.stdout.String(); got != "kept\n/run/s6/container_environment:\nGORACE\nPATH\n\n/run/service:\n.s6-svscan\n/run\n" {
			t.Errorf("stdout %q", got)
		}
	}
}

func TestTheBootWaitsForADescriptorToClose(t *testing.T) {
	clause.Proves(t, "SUP-77")
	t.Parallel()
	b := newContainer(t)
	r, w, err := os.Pipe()
	b.must(err)
	b.setenv("S6_WAIT_FOR_CLOSING_FD=3")
	b.extra = r
	defer func() { _ = r.Close() }()
	_, err = w.WriteString("not yet")
	b.must(err)
	p := b.start(nil, "echo", "up")
	p.until("/init reading the descriptor", func() bool {
		left, err := unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ)
		return err == nil && left == 0
	})
	if p.stdout.String() != "" {
		t.Error("CMD ran before the descriptor was closed")
	}
	b.must(w.Close())
	p.expect(0)
	p.prints("up\n")
}

func TestClosingDescriptorDoesNotHoldUpTheStop(t *testing.T) {
	clause.Proves(t, "SUP-82")
	t.Parallel()
	b := newContainer(t)
	b.logLimits()
	r, w, err := os.Pipe()
	b.must(err)
	defer func() { _, _ = r.Close(), w.Close() }()
	b.setenv("S6_WAIT_FOR_CLOSING_FD=3")
	b.extra = r
	_, err = w.WriteString("not yet")
	b.must(err)
	p := b.start(nil, "echo", "CMD ran")
	p.until("/init reading the descriptor", func() bool {
		left, err := unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ)
		return err == nil && left == 0
	})
	p.stop()
	p.expect(0)
	p.reached()
	if got := p.stdout.String(); got != "" {
		t.Errorf("stdout %q", got)
	}
}

func TestALogThatNobodyReadsHoldsUpNothing(t *testing.T) {
	clause.Proves(t, "FAULT-18", "SUP-88")
	t.Parallel()
	b := newContainer(t)
	r, w, err := os.Pipe()
	b.must(err)
	defer func() { _, _ = r.Close(), w.Close() }()
	fd := int(w.Fd())
	b.must(syscall.SetNonblock(fd, true))
	for err == nil { // until it is full
		_, err = syscall.Write(fd, make([]byte, 4096))
	}
	b.must(syscall.SetNonblock(fd, false))
	b.stderr = w
	b.script("etc/cont-init.d/01", "echo script")
	b.script("etc/services.d/svc/run", "exec sleep 1000")
	p := b.start(nil, "sh", "-c", "echo cmd; exec sleep 1000")
	p.prints("cmd\n")
	p.stop()
	p.expect(0)
}
