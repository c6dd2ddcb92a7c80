package boot

import (
	"fmt"
	"strings"
	"time"
)

type timing struct {
	step string
	took time.Duration
}

// report writes the closing line of the boot: how long each step took, and what each service does at
// that moment, and why.
//
// spec: SUP-68
func (b *boot) report() {
	if b.Stop.Stopping() {
		return
	}
	var total time.Duration
	var steps []string
	for _, t := range b.timings {
		total += t.took
		if t.took >= time.Millisecond {
			steps = append(steps, fmt.Sprintf("%s %d ms", t.step, t.took.Milliseconds()))
		}
	}
	line := fmt.Sprintf("version %s booted in %d ms", b.version, total.Milliseconds())
	if len(steps) > 0 {
		line += " (" + strings.Join(steps, ", ") + ")"
	}
	b.Infof("%s", strings.Join(append([]string{line}, b.Services.Conditions()...), "; "))
}
