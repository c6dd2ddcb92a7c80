package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/verify/report"
	"caduceus/internal/verify/run"
	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
)

// look is a check of the contract while it runs.
type look struct {
	check    checks.Check
	subject  *harness.Subject
	evidence string // folder of the run
}

func (l look) Run(ctx context.Context) (broken []report.Break, err error) {
	err = l.check.Run(ctx, l.subject)
	for _, v := range checks.Broken(err) {
		broken = append(broken, report.Break{Clause: v.Clause, Saw: v.Saw})
	}
	return broken, err
}

func (l look) Looked() bool { return l.subject.Looked() }

func (l look) Notes() []string { return l.subject.Notes() }

// Keep leaves a folder for the check, with one for each of its containers, and the script that shows it again.
func (l look) Keep(ctx context.Context, r report.Result) (folder, repeat string, err error) {
	if l.evidence == "" {
		return "", "", nil
	}
	folder = filepath.Join(l.evidence, r.ID)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", "", fmt.Errorf("cannot keep evidence: %w", err)
	}
	err = l.subject.Evidence(ctx, folder)
	repeat = filepath.Join(folder, "repeat.sh")
	what := []string{r.ID + ": " + r.Promise}
	for _, b := range r.Breaks {
		what = append(what, b.Clause+": "+report.Line(report.Clip(b.Saw, 500)))
	}
	if failed := os.WriteFile(repeat, []byte(l.subject.Script(strings.Join(what, "\n"))), 0o644); failed != nil { //nolint:gosec // to be read and run
		return folder, "", errors.Join(err, failed)
	}
	return folder, repeat, err
}

func (l look) Close(ctx context.Context) error { return l.subject.Close(ctx) }

// cases are the entries ready to run; those that the engine cannot run keep the reason.
func cases(entries []checks.Entry, e *harness.Engine, f facts, o options, may map[string]bool) []run.Case {
	var list []run.Case
	for _, entry := range entries {
		c := run.Case{Result: report.Result{ID: entry.ID, Tier: string(entry.Tier), Promise: entry.Name, Clauses: entry.Clauses}}
		for _, cause := range entry.Causes {
			c.Causes = append(c.Causes, report.Cause(cause))
		}
		if why := lacking(entry, f); why != "" {
			c.Result.Outcome, c.Result.Reason = report.NotRun, why
			c.Result.Waived = may[entry.ID] || (entry.Full && f.image.Variant == checks.Slim)
		} else {
			c.Begin = func() run.Look { return look{entry.Check, e.Subject(""), o.evidence} }
		}
		list = append(list, c)
	}
	return list
}
