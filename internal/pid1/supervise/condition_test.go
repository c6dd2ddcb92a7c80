package supervise

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

func TestAServiceHasOneWordForItsCondition(t *testing.T) {
	clause.Proves(t, "SUP-68")
	now := time.Now()
	const exited1 = syscall.WaitStatus(1 << 8)
	for name, c := range map[string]struct {
		status      s6.Status
		ran, failed bool
		unstarted   error
		want        string
	}{
		"wanted, but nothing ran yet":      {status: s6.Status{WantUp: true, NotStarted: true}, want: "starting"},
		"alive":                            {status: s6.Status{WantUp: true, Pid: 7, Stamp: now.Add(-time.Second)}, ran: true, want: "started"},
		"alive, and it may find no work":   {status: s6.Status{WantUp: true, Pid: 7, Stamp: now.Add(-time.Second + 1)}, ran: true, want: "starting"},
		"alive, and it said so":            {status: s6.Status{WantUp: true, Pid: 7, Ready: true}, ran: true, want: "ready"},
		"its finish runs":                  {status: s6.Status{WantUp: true, Pid: 8, Finishing: true, Wait: exited1}, ran: true, want: "finishing: exit code 1"},
		"finish forbade the next start":    {status: s6.Status{Ready: true}, ran: true, failed: true, want: "down: finish exited 125"},
		"dead, and soon to run again":      {status: s6.Status{WantUp: true, Ready: true, Wait: 9}, ran: true, want: "restarting: signal SIGKILL"},
		"dead, and not wanted":             {status: s6.Status{Ready: true, Wait: exited1}, ran: true, want: "down"},
		"wanted, but it cannot be spawned": {status: s6.Status{WantUp: true}, unstarted: errors.New("no run"), want: "down: no run"},
	} {
		word, why := condition(c.status, now, c.ran, c.failed, c.unstarted)
		if why != "" {
			word += ": " + why
		}
		if word != c.want {
			t.Errorf("%s: %q, want %q", name, word, c.want)
		}
	}
}
