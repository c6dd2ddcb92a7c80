package s6

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"caduceus/internal/line"
)

// MaxEnds is how many ends supervise/ends keeps, the newest ones.
const MaxEnds = 10

// Cause is why a run ended, as far as its supervisor knows.
type Cause string

// The causes.
const (
	Unasked     Cause = "unasked"    // by itself, or by a signal that the supervisor did not send
	Asked       Cause = "asked"      // somebody stopped or restarted it
	Killed      Cause = "killed"     // it was asked to end and did not: the supervisor killed it
	OutOfMemory Cause = "oom"        // the kernel killed it for want of memory
	MemoryShort Cause = "beside-oom" // by itself, after the kernel had killed another process for want of memory
)

// End is one line of supervise/ends: how and why a run ended.
//
// spec: SUP-121
type End struct {
	Death
	Cause Cause
}

// EncodeEnds returns the content of supervise/ends, the oldest end first.
func EncodeEnds(ends []End) []byte {
	var b bytes.Buffer
	for _, e := range ends {
		fmt.Fprintf(&b, "%s %d %d %s\n", StampOf(e.Time), e.ExitCode, e.Signal, e.Cause)
	}
	return b.Bytes()
}

// DecodeEnds reads the content of supervise/ends. Lines that EncodeEnds would not write are left out.
func DecodeEnds(content []byte) []End {
	var ends []End
	for text := range strings.Lines(string(content)) {
		var e End
		var label string
		if err := line.Scan(text, "%s %d %d %s\n", &label, &e.ExitCode, &e.Signal, &e.Cause); err != nil {
			continue
		}
		stamp, err := ParseStamp(label)
		if err != nil || !slices.Contains([]Cause{Unasked, Asked, Killed, OutOfMemory, MemoryShort}, e.Cause) {
			continue
		}
		e.Time = stamp.Time()
		ends = append(ends, e)
	}
	return ends[max(0, len(ends)-MaxEnds):]
}

// AddEnd appends e and drops the oldest beyond MaxEnds.
func AddEnd(ends []End, e End) []End {
	ends = append(ends, e)
	return ends[max(0, len(ends)-MaxEnds):]
}
