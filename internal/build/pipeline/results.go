package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/junit"
)

// resultsDir holds what each suite proved last, as JUnit's XML, below the repository's root.
const resultsDir = ".cache/results"

// writeResults writes what a suite proved as .cache/results/NAME.xml.
func (p *Pipeline) writeResults(name string, sum TestSummary) error {
	dir := filepath.Join(p.Root, resultsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot report the %s tests: %w", name, err)
	}
	var text strings.Builder
	if err := junit.Write(&text, name, sum.cases()); err != nil {
		return fmt.Errorf("cannot report the %s tests: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".xml"), []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("cannot report the %s tests: %w", name, err)
	}
	return nil
}

// cases are the tests that count and whatever failed beside them: a package that did not
// compile, a test that failed by itself and has subtests.
func (s TestSummary) cases() []junit.Case {
	var cases []junit.Case
	listed := map[string]bool{}
	for _, t := range append(s.Slow, s.Failed...) {
		if listed[t.String()] {
			continue
		}
		listed[t.String()] = true
		c := junit.Case{Suite: t.Package, Name: t.Name, Took: t.Took}
		if c.Name == "" {
			c.Name = "(outside of its tests)"
		}
		switch t.Action {
		case "fail":
			c.Failure = t.Output
			if c.Failure == "" {
				c.Failure = "it printed nothing"
			}
		case "skip":
			c.Skipped = t.reason()
		}
		cases = append(cases, c)
	}
	return cases
}
