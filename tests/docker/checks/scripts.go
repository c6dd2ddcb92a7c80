package checks

import (
	"context"
	"regexp"

	"caduceus/tests/docker/harness"
)

// scripted is a check by one script of the shell in a shared, booted container.
// It holds when the script exits with code and its trimmed output fits.
type scripted struct {
	clause string
	name   string
	user   string // "": hermes
	script string
	code   int
	want   string // exact trimmed stdout; "": anything
	match  string // expression found in stdout and stderr; "": anything
	full   bool   // not a promise of the variant slim
}

func scripts(on harness.Scenario, table []scripted) []Check {
	list := make([]Check, len(table))
	for i, p := range table {
		list[i] = Check{
			Name:    p.name,
			Clauses: []string{p.clause},
			Full:    p.full,
			Doc:     "in a container of scenario " + on.Name + " runs: " + p.script,
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := s.Shared(ctx, on)
				if err != nil {
					return err
				}
				return p.run(ctx, c)
			},
		}
	}
	return list
}

func (p scripted) run(ctx context.Context, c *harness.Container) error {
	res, err := c.Exec(ctx, harness.Exec{Cmd: []string{"sh", "-c", p.script}, User: p.user})
	switch {
	case err != nil:
		return err
	case res.Code != p.code:
		return violates(p.clause, "want exit code %d, got %s", p.code, res)
	case p.want != "" && res.Output() != p.want:
		return violates(p.clause, "want output %q, got %s", p.want, res)
	case p.match != "" && !regexp.MustCompile(p.match).MatchString(res.Stdout+res.Stderr):
		return violates(p.clause, "want output like %q, got %s", p.match, res)
	}
	return nil
}
