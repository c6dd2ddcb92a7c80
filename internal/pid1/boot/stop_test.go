package boot_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
)

func TestAStopEndsCmdAndGivesItsExitCode(t *testing.T) {
	clause.Proves(t, "BOOT-16", "BOOT-18", "SUP-74", "SUP-76")
	t.Parallel()
	for name, c := range map[string]struct {
		cmd  string
		env  []string
		want int
		late string // the limit that ends a wait; "": none does
	}{
		"CMD dies of TERM":                {`echo up; exec sleep 1000`, nil, 0, ""},
		"CMD traps TERM":                  {`trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done`, nil, 7, ""},
		"CMD ignores TERM":                {`trap '' TERM; echo up; while :; do sleep 0.01; done`, []string{"S6_KILL_GRACETIME=200"}, 137, "cmd: limit of 200ms reached"},
		"CMD receives signals":            {`echo up; exec sleep 1000`, []string{"S6_CMD_RECEIVE_SIGNALS=1"}, 143, ""},
		"CMD receives signals, goes on":   {`trap 'echo got; exit 9' TERM; echo up; while :; do sleep 0.01; done`, []string{"S6_CMD_RECEIVE_SIGNALS=1"}, 9, ""},
		"finish script decides":           {`echo up; exec sleep 1000`, []string{"FINISH=1"}, 33, ""},
		"a stopped CMD is continued":      {`echo up; kill -STOP $$; exec sleep 1000`, nil, 0, ""},
		"leftovers are ended":             {`setsid sh -c 'trap "" HUP; sleep 1000' & echo up; exec sleep 1000`, nil, 0, ""},
		"leftovers that ignore TERM, too": {`setsid sh -c 'trap "" TERM; echo up; while :; do sleep 0.01; done' & exec sleep 1000`, []string{"S6_KILL_GRACETIME=300"}, 0, "others: limit of 300ms reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.logLimits()
			b.setenv(c.env...)
			b.file("etc/cont-finish.d/01", "#!/command/with-contenv sh\n[ -z \"$FINISH\" ] || echo 33 >/run/s6-linux-init-container-results/exitcode\n", 0o755)
			p := b.start(nil, "sh", "-c", c.cmd)
			p.prints("up")
			p.stop()
			p.expect(c.want)
			if c.late == "" {
				p.reached()
			} else {
				p.reached(c.late)
			}
		})
	}
}

func TestWhateverHangsTheStopHasADeadline(t *testing.T) {
	clause.Proves(t, "BOOT-18", "FAULT-07", "SUP-80")
	t.Parallel()
	b := newContainer(t).together()
	b.setenv("S6_VERBOSITY=3", "S6_KILL_FINISH_MAXTIME=0")
	hang := `trap '' TERM; echo "up $0"; while :; do sleep 0.05; done`
	b.longrun("svc", hang, "timeout-finish=0")
	b.script("etc/s6-overlay/s6-rc.d/svc/finish", hang)
	b.script("etc/cont-finish.d/01", hang)
	p := b.start(nil, "sh", "-c", hang)
	p.prints("up sh")
	p.prints("up ./run")
	began := time.Now()
	p.stop()
	p.expect(137)
	// A busy host makes it longer, never shorter.
	if took := time.Since(began); took < 9500*time.Millisecond {
		t.Errorf("stop took %v", took)
	}
	if want := "init: debug: stop: deadline in 9.5s\n"; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("stderr lacks %q:\n%s", want, p.stderr.String())
	}
	p.reached("cmd: limit of 3s reached", "services: finish of svc: limit of 1s reached", "downs: cut by the deadline", "others: cut by the deadline")
}

func TestFilesOfASlotDoNotHoldUpTheStop(t *testing.T) {
	clause.Proves(t, "SUP-80", "SUP-89")
	t.Parallel()
	b := newContainer(t)
	b.logLimits()
	b.script("etc/cont-init.d/01", `mkdir /run/service/slot && cd /run/service/slot
		printf '#!/bin/sh\necho slot is up; mkfifo timeout-kill; exec sleep 1000 3<>timeout-kill' >run; chmod +x run`)
	p := b.start(nil, "sleep", "1000")
	p.prints("slot is up\n")
	p.until("the fifo", func() bool {
		_, err := os.Stat(p.inside("/run/service/slot/timeout-kill"))
		return err == nil
	})
	p.stop()
	p.expect(0)
	p.reached()
}

func TestAStopDuringTheBootEndsItAtOnce(t *testing.T) {
	clause.Proves(t, "FAULT-06", "SUP-82")
	t.Parallel()
	wait := `echo here; exec sleep 1000`
	for name, prepare := range map[string]func(*container){
		"in the hook": func(b *container) {
			b.script("etc/hook", wait)
			b.setenv("S6_STAGE2_HOOK=/etc/hook")
		},
		"in cont-init": func(b *container) { b.script("etc/cont-init.d/01", wait) },
		"in a oneshot": func(b *container) {
			b.script("etc/up", wait)
			b.file("etc/s6-overlay/s6-rc.d/user/type", "bundle", 0o644)
			b.file("etc/s6-overlay/s6-rc.d/user/contents.d/one", "", 0o644)
			b.file("etc/s6-overlay/s6-rc.d/one/type", "oneshot", 0o644)
			b.file("etc/s6-overlay/s6-rc.d/one/up", "/etc/up", 0o644)
		},
		"waiting for user": func(b *container) { b.longrun("svc", wait, "notification-fd=3") },
		"waiting for user2": func(b *container) {
			b.longrun("svc", wait, "notification-fd=3")
			b.must(os.Remove(b.path("etc/s6-overlay/s6-rc.d/user/contents.d/svc")))
			b.file("etc/s6-overlay/s6-rc.d/user2/type", "bundle", 0o644)
			b.file("etc/s6-overlay/s6-rc.d/user2/contents.d/svc", "", 0o644)
		},
		"waiting for services.d": func(b *container) {
			b.script("etc/services.d/svc/run", wait)
			b.file("etc/services.d/svc/notification-fd", "3", 0o644)
			b.setenv("S6_CMD_WAIT_FOR_SERVICES=1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t).together()
			b.logLimits()
			prepare(b)
			p := b.start(nil, "echo", "CMD ran")
			p.prints("here")
			p.stop()
			p.expect(0)
			p.reached()
			if strings.Contains(p.stdout.String(), "CMD ran") {
				t.Error("CMD ran after the stop")
			}
		})
	}
}

// The stop meets services that die by themselves: nothing starts any more, and a finish script that
// runs already comes to its end.
func TestAStopWhileServicesDieStartsNothing(t *testing.T) {
	clause.Proves(t, "FAULT-06", "SUP-79", "SUP-82")
	t.Parallel()
	b := newContainer(t)
	b.logLimits()
	b.longrun("crash", "echo crash; exit 1")
	b.longrun("slow", "echo slow; exit 1")
	b.script("etc/s6-overlay/s6-rc.d/slow/finish", "echo finishing; sleep 0.7; echo finished")
	p := b.start(nil, "sh", "-c", "exec sleep 1000")
	p.until("a crash loop", func() bool { return strings.Count(p.stdout.String(), "crash\n") == 2 })
	p.until("finish", func() bool {
		said := p.stdout.String()
		return strings.Count(said, "finishing\n") > strings.Count(said, "finished\n")
	})
	p.stop()
	p.expect(0)
	p.reached()
	said := p.stdout.String()
	if strings.Count(said, "finishing\n") != strings.Count(said, "finished\n") {
		t.Errorf("finish was cut:\n%s", said)
	}
	if _, after, found := strings.Cut(p.stderr.String(), "stopping"); !found || strings.Contains(after, "start") {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
}
