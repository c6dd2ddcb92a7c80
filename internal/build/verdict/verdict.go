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

// Run is a gate (a run of lint or of a suite) that ended, or could not begin.
type Run struct {
	Gate  string // as a caller names it: "test-docker slim"
	Tests bool   // it has to count tests; lint has none
	Log   string // what it printed
	Code  int    // its exit code
	Err   error  // why there is no exit code; then Log and Code say nothing
}

// Verdict is what became of a gate.
type Verdict struct {
	Gate  string
	Tests bool
	Tally Tally
	Err   error // nil: accepted
}

// closing is the last line of a suite.
var closing = regexp.MustCompile(`(?m)^(\d+) passed, (\d+) failed, (\d+) skipped$`)

// Judge accepts a run or names what is wrong with it. Its error wraps nothing: the command
// line of Dagger would take over the exit code of an error of the engine, and that can be 0.
func Judge(r Run) Verdict {
	v := Verdict{Gate: r.Gate, Tests: r.Tests}
	if r.Err != nil {
		hint := ""
		if strings.Contains(r.Err.Error(), "security.insecure") {
			hint = `; it needs root capabilities: allow "security.insecure" in the Dagger engine's configuration`
		}
		v.Err = fmt.Errorf("%s: cannot run: %w%s", r.Gate, Plain(r.Err), hint)
		return v
	}
	suites := closing.FindAllStringSubmatch(r.Log, -1)
	for _, s := range suites {
		v.Tally = v.Tally.add(Tally{number(s[1]), number(s[2]), number(s[3])})
	}
	counted := ""
	if r.Tests {
		counted = "; no test was counted"
		if len(suites) > 0 {
			counted = "; " + v.Tally.String()
		}
	}
	switch {
	case r.Code != 0:
		v.Err = fmt.Errorf("%s: exit code %d%s%s", r.Gate, r.Code, counted, reasons(r.Log))
	case r.Tests && len(suites) == 0:
		v.Err = fmt.Errorf("%s: it ended with exit code 0 and counted no test: nothing is proved", r.Gate)
	case r.Tests && v.Tally.Passed == 0:
		v.Err = fmt.Errorf("%s: no test passed (%s): nothing is proved", r.Gate, v.Tally)
	case v.Tally.Failed > 0:
		v.Err = fmt.Errorf("%s: exit code 0, and yet %s%s", r.Gate, v.Tally, reasons(r.Log))
	}
	return v
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

// reason is a line of a log that names a reason: what failed, what broke a program, and what
// keeps a Docker engine from starting.
var reason = regexp.MustCompile(`^(failed: |skipped, which |no test passed: |tests/skips.txt |cannot |Error: |lint: .+: |docker-engine: )`)

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

// Report lists what became of each gate, one line each, and sums the tests up. Its
// error holds all gates that were not accepted, and wraps nothing.
func Report(verdicts []Verdict) (string, error) {
	var text strings.Builder
	var all Tally
	var wrong []string
	for _, v := range verdicts {
		all = all.add(v.Tally)
		state, counted := "ok", ""
		if v.Err != nil {
			state = "FAILED"
			wrong = append(wrong, v.Err.Error())
		}
		if v.Tests {
			counted = "  " + v.Tally.String()
		}
		fmt.Fprintf(&text, "%-6s  %s%s\n", state, v.Gate, counted)
	}
	if len(verdicts) == 0 {
		return "", errors.New("no gate ran: nothing is proved")
	}
	fmt.Fprintf(&text, "%s\n", all)
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
