package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/clause"
)

// provedSuffix ends the names of the files that list what a suite proved.
const provedSuffix = ".clauses"

// specified returns the IDs of all clauses that hold.
func specified(root fs.FS) ([]string, error) {
	clauses, _, err := clause.Read(root) // a law refuses faults
	if err != nil {
		return nil, fmt.Errorf("cannot count clauses: %w", err)
	}
	return clauses.IDs(), nil
}

// proved prints how many of the clauses a suite proved, and keeps their list for Coverage.
func (p *Pipeline) proved(name string, sum TestSummary) error {
	all, err := specified(os.DirFS(p.Root))
	if err != nil {
		return err
	}
	for _, id := range sum.Proved {
		if !slices.Contains(all, id) {
			return fmt.Errorf("a test names %s as proved, which %s does not have: name a clause that is there", id, clause.Dir)
		}
	}
	p.say("%d of %d clauses proved by tests that ran", len(sum.Proved), len(all))
	file := filepath.Join(p.Root, resultsDir, name+provedSuffix)
	if err := os.WriteFile(file, []byte(strings.Join(sum.Proved, "\n")+"\n"), 0o644); err != nil {
		return fmt.Errorf("cannot keep what the %s tests proved: %w", name, err)
	}
	return nil
}

// Coverage wants each clause proved by a test of some suite that ran and passed since the
// results were last cleared.
func (p *Pipeline) Coverage(context.Context) error {
	root := os.DirFS(p.Root)
	all, err := specified(root)
	if err != nil {
		return err
	}
	lists, err := fs.Glob(root, resultsDir+"/*"+provedSuffix)
	if err != nil {
		return err
	}
	proved := map[string]bool{}
	var suites []string
	for _, list := range lists {
		text, err := fs.ReadFile(root, list)
		if err != nil {
			return err
		}
		suites = append(suites, strings.TrimSuffix(filepath.Base(list), provedSuffix))
		for id := range strings.FieldsSeq(string(text)) {
			proved[id] = true
		}
	}
	if len(suites) == 0 {
		return errors.New("cannot count what is proved: no suite has run; run \"go tool mage test:all\"")
	}
	p.say("coverage: of the suites %s", strings.Join(suites, ", "))
	missing := slices.DeleteFunc(all, func(id string) bool { return proved[id] })
	for _, id := range missing {
		p.say("not proved: %s", id)
	}
	p.say("%d of %d clauses proved by tests that ran", len(proved), len(proved)+len(missing))
	if len(missing) > 0 {
		return fmt.Errorf("%d clauses are proved by no test that ran: name each where it is proved (clause.Proves), or test it", len(missing))
	}
	return nil
}
