package boot_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/rig"
)

// Each cell of the privilege matrix boots, runs a service, a script and CMD, and stops.
func TestTheContainerBootsAndStopsWithFewRights(t *testing.T) {
	clause.Proves(t, "FAULT-19", "RUN-03", "RUN-04", "RUN-05", "RUN-06", "RUN-07", "SUP-78")
	t.Parallel()
	all := make([]uintptr, unix.CAP_LAST_CAP+1)
	for i := range all {
		all[i] = uintptr(i)
	}
	for name, set := range map[string]func(*rig.Entry){
		"root":              func(*rig.Entry) {},
		"uid 10000":         func(s *rig.Entry) { s.UID = 10000 },
		"uid without entry": func(s *rig.Entry) { s.UID = 54321 },
		"no new privileges": func(s *rig.Entry) { s.NoNewPrivs = true },
		"no capabilities":   func(s *rig.Entry) { s.Drop = all },
		"read-only root":    func(s *rig.Entry) { s.ReadOnly = true },
		"noexec /run":       func(s *rig.Entry) { s.RunFlags = unix.MS_NOEXEC },
		"not PID 1":         func(s *rig.Entry) { s.Above = true },
		"user namespace":    func(s *rig.Entry) { s.UserNS = true },
		"all at once": func(s *rig.Entry) {
			s.UID, s.NoNewPrivs, s.Drop, s.ReadOnly = 10000, true, all, true
			s.RunFlags, s.Above = unix.MS_NOEXEC|unix.MS_NOSUID|unix.MS_NODEV, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t).together()
			set(&b.entry)
			b.script("etc/cont-init.d/01", "echo script")
			b.longrun("svc", `trap 'echo stopped; exit' TERM; echo service; touch /tmp/up; while :; do sleep 0.05; done`, "dependencies.d/base=")
			p := b.start(nil, "sh", "-c", `until [ -e /tmp/up ]; do sleep 0.01; done; echo cmd; exec sleep 1000`)
			p.prints("cmd\n")
			p.stop()
			p.expect(0)
			if got := p.stdout.String(); got != "script\nservice\ncmd\nstopped\n" {
				t.Errorf("stdout %q", got)
			}
			if strings.Contains(p.stderr.String(), "warning") {
				t.Errorf("stderr:\n%s", p.stderr.String())
			}
		})
	}
}

func TestProgramsGetTheUsualUmask(t *testing.T) {
	clause.Proves(t, "SUP-108", "SUP-25")
	t.Parallel()
	b := newContainer(t).together()
	b.entry.Umask = 0o077
	b.script("etc/services.d/svc/run", "umask; exec sleep 1000")
	b.script("etc/cont-init.d/01", "umask")
	p := b.start(nil, "sh", "-c", "umask; cd /run/service; stat -c '%a %n' . .s6-svscan svc/event svc/supervise; exec sleep 1000")
	p.prints("supervise\n")
	p.until("the service", func() bool { return strings.Count(p.stdout.String(), "0022\n") == 3 })
	if got := p.stdout.String(); !strings.HasSuffix(strings.ReplaceAll(got, "0022\n", ""), "755 .\n755 .s6-svscan\n3730 svc/event\n700 svc/supervise\n") {
		t.Errorf("stdout %q", got)
	}
	p.stop()
	p.expect(0)
}
