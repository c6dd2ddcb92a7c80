package pipeline

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/killmatrix"
)

// testEvent is one line of "go test -json".
type testEvent struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Elapsed    float64 // seconds
	Output     string
	Key, Value string // of an attribute
}

// TestCase is one finished test.
type TestCase struct {
	Package string
	Name    string // "" for a package that failed outside its tests
	Took    time.Duration
	Output  string
	Action  string // "pass", "fail" or "skip"
}

func (t TestCase) String() string {
	if t.Name == "" {
		return t.Package
	}
	return t.Package + " " + t.Name
}

// reason is what a skipped test said last: "suite.go:12: why".
func (t TestCase) reason() string {
	lines := regexp.MustCompile(`(?m)^ +\S+\.go:\d+: (.*)$`).FindAllStringSubmatch(t.Output, -1)
	if len(lines) == 0 {
		return "without a reason"
	}
	return lines[len(lines)-1][1]
}

// TestSummary is what a test run proved.
type TestSummary struct {
	Passed  int
	Failed  []TestCase
	Skipped []TestCase
	Slow    []TestCase       // all that count, slowest first
	Ran     map[string]bool  // "package test" of all that finished
	Proved  []string         // clauses of tests that passed, sorted
	Mutants []killmatrix.Row // of the tests of mutants, as they ended
}

// String is the closing line.
func (s TestSummary) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", s.Passed, len(s.Failed), len(s.Skipped))
}

// testRun collects events.
type testRun struct {
	output   map[string]*strings.Builder  // by "package test"
	build    map[string]*strings.Builder  // by package
	open     map[string]TestCase          // begun, not ended, by "package test"
	clauses  map[string][]string          // what a test says it proves, by "package test"
	mutants  map[string]killmatrix.Mutant // what a test put in on purpose, by "package test"
	finished []TestCase
}

// pulse is how long a test run may be silent before a line counts what it did so far.
const pulse = 30 * time.Second

// readTests reads the events of "go test -json". It passes progress a line for each package that ended, and
// in a long silence one that counts what ended so far. Lines that are not events go there, too.
func readTests(r io.Reader, now func() time.Time, progress func(line string)) (TestSummary, error) {
	run := testRun{output: map[string]*strings.Builder{}, build: map[string]*strings.Builder{}, open: map[string]TestCase{}, clauses: map[string][]string{}, mutants: map[string]killmatrix.Mutant{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<16), 1<<24)
	for shown := now(); lines.Scan(); {
		line := lines.Text()
		var e testEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err == nil && e.Action != "" {
			line = run.feed(e)
			if line == "" && now().Sub(shown) >= pulse {
				line = fmt.Sprintf("  … %s so far", run.summary())
			}
		}
		if line != "" {
			progress(line)
			shown = now()
		}
	}
	return run.summary(), lines.Err()
}

// feed takes one event and returns the line to show, "" for none.
func (run *testRun) feed(e testEvent) string {
	pkg := strings.TrimPrefix(e.Package, module+"/")
	key := pkg + " " + e.Test
	switch e.Action {
	case "run":
		run.open[key] = TestCase{Package: pkg, Name: e.Test}
	case "attr":
		run.attribute(key, e.Key, e.Value)
	case "output":
		text(run.output, key).WriteString(e.Output)
	case "build-output":
		text(run.build, strings.Fields(e.ImportPath + " ")[0]).WriteString(e.Output)
	case "pass", "fail", "skip":
		took := time.Duration(e.Elapsed * float64(time.Second))
		t := TestCase{Package: pkg, Name: e.Test, Took: took, Output: text(run.output, key).String(), Action: e.Action}
		delete(run.open, key)
		if e.Test == "" && e.Action == "fail" {
			t.Output = text(run.build, e.Package).String() + t.Output
			run.unfinished(pkg)
		}
		run.finished = append(run.finished, t)
		if e.Test == "" && e.Action != "skip" {
			return fmt.Sprintf("  %-4s %s %s", e.Action, pkg, seconds(took))
		}
		if e.Action == "fail" {
			return fmt.Sprintf("  FAIL %s", t)
		}
	}
	return ""
}

// attribute takes what a test says of itself. A mutant that cannot be read is no row, and its test is one that passed.
func (run *testRun) attribute(test, key, value string) {
	switch key {
	case clause.Key:
		run.clauses[test] = append(run.clauses[test], value)
	case killmatrix.Key:
		if m, err := killmatrix.Parse(value); err == nil {
			run.mutants[test] = m
		}
	}
}

// unfinished turns the tests into failures that a failed package left without an end:
// they hung until the time was up, or brought the whole test program down.
func (run *testRun) unfinished(pkg string) {
	for _, key := range slices.Sorted(maps.Keys(run.open)) {
		t := run.open[key]
		if t.Package == pkg {
			t.Output, t.Action = text(run.output, key).String()+"it did not end\n", "fail"
			run.finished = append(run.finished, t)
			delete(run.open, key)
		}
	}
}

func text(m map[string]*strings.Builder, key string) *strings.Builder {
	b, ok := m[key]
	if !ok {
		b = &strings.Builder{}
		m[key] = b
	}
	return b
}

// summary counts the tests that have no subtests. One that has them counts only if it
// failed by itself, a package only if it failed outside its tests.
func (run *testRun) summary() TestSummary {
	parents, failed := map[string]bool{}, map[string]bool{}
	for _, t := range run.finished {
		for key := range t.ancestors() {
			parents[key] = true
			if t.Action == "fail" {
				failed[key] = true
			}
		}
	}
	s := TestSummary{Ran: map[string]bool{}}
	for _, t := range run.finished {
		key := t.Package + " " + t.Name
		s.Ran[key] = t.Name != "" || t.Action != "skip" // a package without tests did not run
		leaf := t.Name != "" && !parents[key]
		switch {
		case t.Action == "fail" && !failed[key]:
			s.Failed = append(s.Failed, t)
		case t.Action == "pass" && leaf:
			s.Passed++
		case t.Action == "skip" && leaf:
			s.Skipped = append(s.Skipped, t)
		}
		if m, ok := run.mutants[key]; ok {
			s.Mutants = append(s.Mutants, killmatrix.Row{Mutant: m, Killed: t.Action == "pass", Took: t.Took})
		}
		if leaf {
			s.Slow = append(s.Slow, t)
		}
	}
	s.Proved = run.proved(parents)
	slices.SortStableFunc(s.Slow, func(a, b TestCase) int { return cmp.Compare(b.Took, a.Took) })
	return s
}

// proved are the clauses of the tests that passed; parents are the tests that have subtests.
// One whose subtests were all skipped passes, too, and proves nothing.
func (run *testRun) proved(parents map[string]bool) []string {
	looked := map[string]bool{} // it has a subtest, or is one itself, that passed and has none
	for _, t := range run.finished {
		if key := t.Package + " " + t.Name; t.Action == "pass" && !parents[key] {
			looked[key] = true
			for up := range t.ancestors() {
				looked[up] = true
			}
		}
	}
	var ids []string
	for _, t := range run.finished {
		if key := t.Package + " " + t.Name; t.Action == "pass" && looked[key] {
			ids = append(ids, run.clauses[key]...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// ancestors are the keys of the tests and the package that hold this test.
func (t TestCase) ancestors() map[string]bool {
	up := map[string]bool{}
	if t.Name != "" {
		up[t.Package+" "] = true
	}
	for i, r := range t.Name {
		if r == '/' {
			up[t.Package+" "+t.Name[:i]] = true
		}
	}
	return up
}
