package pipeline

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// skipsFile lists the tests that may be skipped.
const skipsFile = "tests/skips.txt"

// When a test may be skipped.
const (
	whenSlim         = "slim"         // the image under test is that variant
	whenUnprivileged = "unprivileged" // the tests run without CAP_SYS_ADMIN
	whenUser         = "user"         // the tests do not run as root
)

// allowedSkip is a test that may be skipped, when, and why.
type allowedSkip struct {
	pkg, test, when, reason string
	line                    int
}

// parseSkips reads the list: one test a line, as "PACKAGE TEST WHEN REASON". The package
// is a folder of the repository; a test that ends in "*" stands for all that begin so,
// and blanks in its name are underscores, as go test writes them. WHEN is what the run lacks.
// Empty lines and lines that begin with "#" are ignored.
func parseSkips(r io.Reader) ([]allowedSkip, error) {
	var allowed []allowedSkip
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 4 {
			return nil, fmt.Errorf("cannot read %s line %d: want \"PACKAGE TEST WHEN REASON\", got %q", skipsFile, n, line)
		}
		if known := []string{whenSlim, whenUnprivileged, whenUser}; !slices.Contains(known, fields[2]) {
			return nil, fmt.Errorf("cannot read %s line %d: a run can be %s, got %q", skipsFile, n, strings.Join(known, " or "), fields[2])
		}
		allowed = append(allowed, allowedSkip{fields[0], fields[1], fields[2], strings.Join(fields[3:], " "), n})
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

// verdict lists what is wrong with a test run, one line each: a failure, no pass at all, a skip that the list does not
// allow where the suite lacks nothing, and an entry of the list for a test that its package does not have. A run of picked
// tests does not show which tests a package has, so it is not judged by that.
func verdict(sum TestSummary, allowed []allowedSkip, s suite) []string {
	var wrong []string
	for _, t := range sum.Failed {
		wrong = append(wrong, fmt.Sprintf("failed: %s", t))
	}
	switch {
	case sum.Passed == 0 && len(sum.Failed) == 0 && s.part() != "":
		wrong = append(wrong, fmt.Sprintf("no test passed: %s matches none, and a run of nothing proves nothing", s.part()))
	case sum.Passed == 0:
		wrong = append(wrong, "no test passed: a run of nothing proves nothing")
	}
	for _, t := range sum.Skipped {
		if !slices.ContainsFunc(allowed, func(a allowedSkip) bool { return s.lacks[a.when] && a.covers(t.Package, t.Name) }) {
			wrong = append(wrong, fmt.Sprintf("skipped, which %s does not allow to this run: %s", skipsFile, t))
		}
	}
	for _, a := range allowed {
		if _, mine := s.lacks[a.when]; mine && s.part() == "" && sum.Ran[a.pkg+" "] && !a.known(sum) {
			wrong = append(wrong, fmt.Sprintf("%s line %d is stale: %s has no test %s", skipsFile, a.line, a.pkg, a.test))
		}
	}
	return wrong
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
