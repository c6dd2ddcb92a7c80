package stop

import (
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/pid1/settings"
)

const ms = time.Millisecond

func TestTheDeadlineGrowsWithTheGracesThatUsersAskFor(t *testing.T) {
	clause.Proves(t, "BOOT-18", "SUP-79", "SUP-80")
	t.Parallel()
	for name, c := range map[string]struct{ services, kill, timeoutKill, want int }{
		"defaults":                         {3000, 3000, 0, 9500},
		"slots of the gateway":             {3000, 3000, 7000, 9500},
		"just inside":                      {9500, 9500, 9500, 9500},
		"long kill grace":                  {3000, 20_000, 0, 25_500},
		"long service grace":               {30_000, 3000, 0, 35_500},
		"long timeout-kill":                {3000, 3000, 60_000, 65_500},
		"timeout-kill within long service": {30_000, 3000, 7000, 35_500},
		"all zero":                         {0, 0, 0, 9500},
	} {
		s := settings.Settings{ServicesGrace: time.Duration(c.services) * ms, KillGrace: time.Duration(c.kill) * ms}
		if got := deadline(s, time.Duration(c.timeoutKill)*ms); got != time.Duration(c.want)*ms {
			t.Errorf("%s: %v, want %d ms", name, got, c.want)
		}
	}
}

func TestEachWaitOfTheStopHasItsLimit(t *testing.T) {
	clause.Proves(t, "SUP-79")
	t.Parallel()
	s := settings.Settings{ServicesGrace: 3 * time.Second}
	for _, c := range []struct {
		what      string
		got, want time.Duration
	}{
		{"service without timeout-kill", serviceGrace(s, 0), 3 * time.Second},
		{"service with a longer one", serviceGrace(s, 7*time.Second), 7 * time.Second},
		{"service with a shorter one", serviceGrace(s, time.Second), 3 * time.Second},
		{"rest when CMD was quick", restGrace(3*time.Second, 100*ms), 2900 * ms},
		{"rest when CMD took all", restGrace(3*time.Second, 3*time.Second), time.Second},
		{"rest of a short kill grace", restGrace(200*ms, 200*ms), 200 * ms},
		{"rest of none", restGrace(0, 0), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestTheWayCmdEndsGivesTheExitCode(t *testing.T) {
	clause.Proves(t, "BOOT-13", "BOOT-16", "SUP-74", "SUP-76")
	t.Parallel()
	exited := func(n int) syscall.WaitStatus { return syscall.WaitStatus(n << 8) }
	killed := func(s syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(s) }
	for name, c := range map[string]struct {
		ws                 syscall.WaitStatus
		stopping, receives bool
		want               int
	}{
		"exits by itself":                  {ws: exited(42), want: 42},
		"exits 255":                        {ws: exited(255), want: 255},
		"killed from elsewhere":            {ws: killed(syscall.SIGKILL), want: 137},
		"TERM from elsewhere":              {ws: killed(syscall.SIGTERM), want: 143},
		"core dumped":                      {ws: killed(syscall.SIGSEGV) | 0x80, want: 139},
		"stop, traps TERM":                 {ws: exited(3), stopping: true, want: 3},
		"stop, dies of TERM":               {ws: killed(syscall.SIGTERM), stopping: true, want: 0},
		"stop, had to be killed":           {ws: killed(syscall.SIGKILL), stopping: true, want: 137},
		"receives signals, dies of TERM":   {ws: killed(syscall.SIGTERM), receives: true, want: 143},
		"receives signals, stop by letter": {ws: killed(syscall.SIGTERM), stopping: true, receives: true, want: 143},
	} {
		if got := cmdCode(c.ws, c.stopping, c.receives); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
