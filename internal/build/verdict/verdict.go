package verdict

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Tally is what a run of tests counted.
type Tally struct{ Passed, Failed, Skipped int }

func (t Tally) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", t.Passed, t.Failed, t.Skipped)
}

func (t Tally) add(o Tally) Tally {
	return Tally{t.Passed + o.Passed, t.Failed + o.Failed, t.Skipped + o.Skipped}
}

// Counts is what a gate has to count to be accepted.
type Counts uint8

// What gates count.
const (
	Nothing Counts = iota // lint
	Tests                 // a suite
	Checks                // hermes-verify
)

// Run is a gate (a run of lint, of a suite or of hermes-verify) that ended, or could not begin.
type Run struct {
	Gate   string // as a caller names it: "test-docker slim"
	Counts Counts
	Log    string // what it printed
	Code   int    // its exit code
	Err    error  // why there is no exit code; then Log and Code say nothing
}

// Verdict is what became of a gate.
type Verdict struct {
	Gate   string
	Counts Counts
	Tally  Tally  // of tests
	Proof  string // the closing line of hermes-verify; "": it has none
	Err    error  // nil: accepted
}

// Closing lines: of a suite, and of hermes-verify with what held of all that was selected.
var (
	closing = regexp.MustCompile(`(?m)^(\d+) passed, (\d+) failed, (\d+) skipped$`)
	proof   = regexp.MustCompile(`(?m)^(?:holds|broken|not proved): \d+ of \d+.*$`)
	proved  = regexp.MustCompile(`^holds: [1-9]`)
)

// counted is what the gate counted, for a line.
func (v Verdict) counted() string {
	switch v.Counts {
	case Tests:
		return v.Tally.String()
	case Checks:
		return v.Proof
	case Nothing:
	}
	return ""
}

// Judge accepts a run or names what is wrong with it. Its error wraps nothing: the command
// line of Dagger would take over the exit code of an error of the engine, and that can be 0.
func Judge(r Run) Verdict {
	v := Verdict{Gate: r.Gate, Counts: r.Counts}
	if r.Err != nil {
		hint := ""
		if strings.Contains(r.Err.Error(), "security.insecure") {
			hint = `; it needs root capabilities: allow "security.insecure" in the Dagger engine's configuration`
		}
		v.Err = fmt.Errorf("%s: cannot run: %w%s", r.Gate, Plain(r.Err), hint)
		return v
	}
	switch r.Counts {
	case Tests:
		v.Err = v.judgeTests(r)
	case Checks:
		v.Err = v.judgeChecks(r)
	case Nothing:
		if r.Code != 0 {
			v.Err = fmt.Errorf("%s: exit code %d%s", r.Gate, r.Code, reasons(r.Log))
		}
	}
	return v
}

func (v *Verdict) judgeTests(r Run) error {
	suites := closing.FindAllStringSubmatch(r.Log, -1)
	for _, s := range suites {
		v.Tally = v.Tally.add(Tally{number(s[1]), number(s[2]), number(s[3])})
	}
	counted := "no test was counted"
	if len(suites) > 0 {
		counted = v.Tally.String()
	}
	switch {
	case r.Code != 0:
		return fmt.Errorf("%s: exit code %d; %s%s", r.Gate, r.Code, counted, reasons(r.Log))
	case len(suites) == 0:
		return fmt.Errorf("%s: it ended with exit code 0 and counted no test: nothing is proved", r.Gate)
	case v.Tally.Passed == 0:
		return fmt.Errorf("%s: no test passed (%s): nothing is proved", r.Gate, v.Tally)
	case v.Tally.Failed > 0:
		return fmt.Errorf("%s: exit code 0, and yet %s%s", r.Gate, v.Tally, reasons(r.Log))
	}
	return nil
}

func (v *Verdict) judgeChecks(r Run) error {
	if lines := proof.FindAllString(r.Log, -1); len(lines) > 0 {
		v.Proof = lines[len(lines)-1]
	}
	counted := v.Proof
	if counted == "" {
		counted = "no check was counted"
	}
	switch {
	case r.Code != 0:
		return fmt.Errorf("%s: exit code %d; %s%s", r.Gate, r.Code, counted, reasons(r.Log))
	case !proved.MatchString(v.Proof):
		return fmt.Errorf("%s: it ended with exit code 0 and without a proof: %s", r.Gate, counted)
	}
	return nil
}

// number is a count that a regular expression found; one too long for an int is 0, which no
// gate takes for passed tests.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// shown bounds the reasons of one gate.
const shown = 20

// reason is a line of a log that names a reason: what failed, what broke a program, what keeps a Docker engine from
// starting, and what hermes-verify saw broken or could not see.
var reason = regexp.MustCompile(`^(failed: |skipped, which |no test passed: |tests/skips.txt |cannot |Error: |lint: .+: |docker-engine: |BROKEN +|NO LOOK +|hermes-verify: )`)

// reasons are the lines of a log that name what is wrong.
func reasons(log string) string {
	var lines []string
	seen := map[string]bool{}
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\r\n")
		if reason.MatchString(line) && !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	more := ""
	if len(lines) > shown {
		more = fmt.Sprintf("\n  and %d more", len(lines)-shown)
		lines = lines[:shown]
	}
	if len(lines) == 0 {
		return ""
	}
	return "\n  " + strings.Join(lines, "\n  ") + more
}

// Report lists what became of each gate, one line each, and sums the tests up where there are any. Its error holds all gates that were not accepted, and wraps nothing.
func Report(verdicts []Verdict) (string, error) {
	var text strings.Builder
	var all Tally
	var wrong []string
	tests := false
	for _, v := range verdicts {
		all, tests = all.add(v.Tally), tests || v.Counts == Tests
		state := "ok"
		if v.Err != nil {
			state = "FAILED"
			wrong = append(wrong, v.Err.Error())
		}
		text.WriteString(strings.TrimRight(fmt.Sprintf("%-6s  %s  %s", state, v.Gate, v.counted()), " ") + "\n")
	}
	if len(verdicts) == 0 {
		return "", errors.New("no gate ran: nothing is proved")
	}
	if tests {
		fmt.Fprintf(&text, "%s\n", all)
	}
	if len(wrong) > 0 {
		return "", errors.New(strings.TrimRight(strings.Join(wrong, "\n")+"\n"+text.String(), "\n"))
	}
	return text.String(), nil
}

// Plain is an error with the words of another and nothing to unwrap. What the engine adds
// to its errors for itself, a trace, is left out.
func Plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimSpace(trace.ReplaceAllString(err.Error(), "")))
}

var trace = regexp.MustCompile(` ?\[traceparent:[^\]]*\]`)
