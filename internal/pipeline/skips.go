package pipeline

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// skipsFile lists the tests that may be skipped.
const skipsFile = "tests/skips.txt"

// allowedSkip is a test that may be skipped, and why.
type allowedSkip struct {
	pkg, test, reason string
	line              int
}

// parseSkips reads the list: one test a line, as "PACKAGE TEST REASON". The package
// is a folder of the repository; a test that ends in "*" stands for all that begin so.
// Empty lines and lines that begin with "#" say nothing.
func parseSkips(r io.Reader) ([]allowedSkip, error) {
	var allowed []allowedSkip
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 3 {
			return nil, fmt.Errorf("cannot read %s line %d: want \"PACKAGE TEST REASON\", got %q", skipsFile, n, line)
		}
		allowed = append(allowed, allowedSkip{fields[0], fields[1], strings.Join(fields[2:], " "), n})
	}
	return allowed, lines.Err()
}

func (a allowedSkip) covers(pkg, test string) bool {
	if a.pkg != pkg {
		return false
	}
	if prefix, ok := strings.CutSuffix(a.test, "*"); ok {
		return strings.HasPrefix(test, prefix)
	}
	return a.test == test
}

// verdict says what is wrong with a test run, one line each; none means it proves
// something: no failure, at least one pass, no skip without a listed reason, and no
// entry of the list for a test that its package does not have.
func verdict(s TestSummary, allowed []allowedSkip) []string {
	var wrong []string
	for _, t := range s.Failed {
		wrong = append(wrong, fmt.Sprintf("failed: %s", t))
	}
	if s.Passed == 0 {
		wrong = append(wrong, "no test passed: a run of nothing proves nothing")
	}
	for _, t := range s.Skipped {
		if !anyCovers(allowed, t.Package, t.Name) {
			wrong = append(wrong, fmt.Sprintf("skipped without a reason in %s: %s", skipsFile, t))
		}
	}
	for _, a := range allowed {
		if s.Ran[a.pkg+" "] && !a.known(s) {
			wrong = append(wrong, fmt.Sprintf("%s line %d is stale: %s has no test %s", skipsFile, a.line, a.pkg, a.test))
		}
	}
	return wrong
}

func anyCovers(allowed []allowedSkip, pkg, test string) bool {
	for _, a := range allowed {
		if a.covers(pkg, test) {
			return true
		}
	}
	return false
}

func (a allowedSkip) known(s TestSummary) bool {
	for key := range s.Ran {
		pkg, test, _ := strings.Cut(key, " ")
		if a.covers(pkg, test) {
			return true
		}
	}
	return false
}
