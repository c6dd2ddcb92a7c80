package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Verdict counts the results of a run.
type Verdict struct {
	Verdict      string `json:"verdict" schema:"enum=holds|broken|not-proved"`
	Selected     int    `json:"selected" schema:"min=0"`
	Holds        int    `json:"holds" schema:"min=0"`
	Broken       int    `json:"broken" schema:"min=0"`
	NotRun       int    `json:"not_run" schema:"min=0"`
	Waived       int    `json:"waived" schema:"min=0;doc=of those not run, how many were allowed"`
	CouldNotLook int    `json:"could_not_look" schema:"min=0"`
}

// The codes of a run.
const (
	CodeHolds     = 0 // every selected check ran and held
	CodeBroken    = 1 // a promise is broken
	CodeNotProved = 2 // nothing is broken, and not all was proved
)

// Judge counts results. A run without results, or in which nothing held, proves nothing, and neither does one
// whose self-test missed a fault. A result with an outcome that is none of the four could not look.
func Judge(results []Result, self *SelfTest) Verdict {
	v := Verdict{Selected: len(results)}
	for _, r := range results {
		switch r.Outcome {
		case Holds:
			v.Holds++
		case Broken:
			v.Broken++
		case NotRun:
			v.NotRun++
			if r.Waived {
				v.Waived++
			}
		default:
			v.CouldNotLook++
		}
	}
	blind := self != nil && (self.Faults == 0 || self.Caught != self.Faults)
	switch {
	case v.Broken > 0:
		v.Verdict = "broken"
	case v.Holds == 0 || v.Holds+v.Waived != v.Selected || blind:
		v.Verdict = "not-proved"
	default:
		v.Verdict = "holds"
	}
	return v
}

// Code is the exit code of a run with this verdict: CodeNotProved for the zero value.
func (v Verdict) Code() int {
	switch v.Verdict {
	case "holds":
		return CodeHolds
	case "broken":
		return CodeBroken
	}
	return CodeNotProved
}

// Line is the verdict with its denominator: "holds: 118 of 121, 3 not run (2 need root, 1 needs 4 GB)".
func (r Report) Line() string {
	v := r.Verdict
	var line strings.Builder
	switch v.Verdict {
	case "holds":
		fmt.Fprintf(&line, "holds: %d of %d", v.Holds, v.Selected)
	case "broken":
		fmt.Fprintf(&line, "broken: %d of %d, %d hold", v.Broken, v.Selected, v.Holds)
	default:
		fmt.Fprintf(&line, "not proved: %d of %d hold", v.Holds, v.Selected)
	}
	if v.CouldNotLook > 0 {
		fmt.Fprintf(&line, ", %d could not look", v.CouldNotLook)
	}
	if v.NotRun > 0 {
		fmt.Fprintf(&line, ", %d not run (%s)", v.NotRun, strings.Join(r.reasons(), ", "))
	}
	if v.Selected == 0 {
		line.WriteString(": nothing ran")
	}
	if s := r.SelfTest; s != nil {
		fmt.Fprintf(&line, "; %d of %d faults caught", s.Caught, s.Faults)
	}
	return line.String()
}

// reasons counts why checks did not run, the most frequent first.
func (r Report) reasons() []string {
	count := map[string]int{}
	for _, res := range r.Results {
		if res.Outcome == NotRun {
			count[res.Reason]++
		}
	}
	reasons := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%d %s", count[reason], reason)
	}
	return reasons
}
