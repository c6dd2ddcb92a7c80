package boot

import (
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
)

const ms = time.Millisecond

func TestDeadline(t *testing.T) {
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
		s := settings{servicesGrace: time.Duration(c.services) * ms, killGrace: time.Duration(c.kill) * ms}
		if got := deadline(s, time.Duration(c.timeoutKill)*ms); got != time.Duration(c.want)*ms {
			t.Errorf("%s: %v, want %d ms", name, got, c.want)
		}
	}
}

func TestGraces(t *testing.T) {
	clause.Proves(t, "SUP-79")
	t.Parallel()
	s := settings{servicesGrace: 3 * time.Second}
	for _, c := range []struct {
		what      string
		got, want time.Duration
	}{
		{"service without timeout-kill", serviceGrace(s, 0), 3 * time.Second},
		{"service with a longer one", serviceGrace(s, 7*time.Second), 7 * time.Second},
		{"service with a shorter one", serviceGrace(s, time.Second), 3 * time.Second},
		{"finish of a quick death", finishGrace(3*time.Second, 100*ms), 2900 * ms},
		{"finish after KILL", finishGrace(3*time.Second, 3*time.Second), time.Second},
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

func TestExitCodeOfCmd(t *testing.T) {
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

func TestFileDecidesExitCode(t *testing.T) {
	clause.Proves(t, "SUP-72")
	t.Parallel()
	for file, want := range map[string]int{"0\n": 0, "42\n": 42, "7 \n": 7, "255": 255, "": 9, "256\n": 9, "-1": 9, "x\n": 9} {
		if got := finalCode([]byte(file), 9); got != want {
			t.Errorf("%q: %d, want %d", file, got, want)
		}
	}
}

func TestCauseOfAService(t *testing.T) {
	clause.Proves(t, "SUP-68")
	t.Parallel()
	for name, c := range map[string]struct {
		cause    cause
		up, down string
	}{
		"in the bundle user":    {cause{defined: true, bundle: "user"}, "in user", "by command"},
		"in no bundle":          {cause{defined: true, downFile: true}, "by command", "in no bundle"},
		"slot":                  {cause{}, "no down file", "by command"},
		"slot with a down file": {cause{downFile: true}, "by command", "has a down file"},
	} {
		if got := c.cause.why(true); got != c.up {
			t.Errorf("%s, up: %q, want %q", name, got, c.up)
		}
		if got := c.cause.why(false); got != c.down {
			t.Errorf("%s, down: %q, want %q", name, got, c.down)
		}
	}
}

func TestIgnoredSignalsAreSeen(t *testing.T) {
	clause.Proves(t, "SUP-86")
	for mask, want := range map[string]bool{"0000000000000000": false, "0000000000300000": true, "0000000000000001": true} {
		status := []byte("Name:\tinit\nSigBlk:\t0000000000000000\nSigIgn:\t" + mask + "\nSigCgt:\t0000000000000000\n")
		if got := ignoresSignals(status); got != want {
			t.Errorf("SigIgn %s: got %t, want %t", mask, got, want)
		}
	}
	if !ignoresSignals(nil) {
		t.Error("what cannot be read must count as ignoring")
	}
}
