package gateway

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"caduceus/internal/s6"
)

// End is how one run of a gateway ended.
//
// contract: GW-21
type End struct {
	At    time.Time `json:"at" schema:"doc=UTC"`
	Exit  string    `json:"exit" schema:"doc=such as exit code 1 or signal SIGKILL"`
	Cause s6.Cause  `json:"cause" schema:"enum=unasked|asked|killed|oom|beside-oom;doc=as in docs/spec/supervision.md SUP-121"`
}

// endsOf are the ends that a supervisor published, the newest first.
func endsOf(published []s6.End) []End {
	var ends []End
	for _, e := range slices.Backward(published) {
		exit := fmt.Sprintf("exit code %d", e.ExitCode)
		if e.Signal != 0 {
			exit = "signal " + s6.SignalName(syscall.Signal(e.Signal))
		}
		ends = append(ends, End{At: e.Time, Exit: exit, Cause: e.Cause})
	}
	return ends
}

// String is an end in words, without its time.
func (e End) String() string {
	why := map[s6.Cause]string{
		s6.Asked:       "somebody asked for it",
		s6.Killed:      "it did not end in time and was killed",
		s6.OutOfMemory: "the kernel killed it for want of memory (OOM)",
		s6.MemoryShort: "the kernel had killed another process for want of memory (OOM)",
	}[e.Cause]
	if why == "" {
		why = exitMeans(e.Exit)
	}
	if why == "" {
		return e.Exit
	}
	return e.Exit + ": " + why
}

// IsMemory reports whether the end was for want of memory.
func (e End) IsMemory() bool { return e.Cause == s6.OutOfMemory || e.Cause == s6.MemoryShort }

// expected reports whether somebody, or the agent itself, had planned the end.
func (e End) expected() bool { return e.Cause == s6.Asked || e.Exit == plannedRestart && !e.IsMemory() }

// exitMeans is what the agent means by an exit code, "" where it means nothing in particular.
//
// contract: SLOT-09, SLOT-10, SLOT-11
func exitMeans(exit string) string {
	return map[string]string{
		fatalConfig:     "its configuration cannot work",
		plannedRestart:  "a restart that it planned",
		endedByItself:   "it ended by itself",
		"exit code 127": "its program is missing",
		"exit code 126": "its program cannot be executed",
	}[exit]
}

// The exits that mean something: the slot stays down after the first two.
const (
	fatalConfig    = "exit code 78"
	endedByItself  = "exit code 0"
	plannedRestart = "exit code 75"
)

// StartFailure is why a gateway cannot even be started.
type StartFailure struct {
	Cause            string `json:"cause"`
	Tries            int    `json:"tries" schema:"min=1;doc=that failed in a row"`
	NextTryInSeconds int64  `json:"next_try_in_seconds" schema:"min=0"`
}

// String is the failure in words.
func (f StartFailure) String() string {
	return fmt.Sprintf("%s; try %d, next in %s", printable(f.Cause), f.Tries, time.Duration(f.NextTryInSeconds)*time.Second)
}
