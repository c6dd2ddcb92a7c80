package services

import (
	"testing"

	"caduceus/internal/clause"
)

func TestAServiceIsUpOrDownForAReason(t *testing.T) {
	clause.Proves(t, "SUP-68")
	t.Parallel()
	for name, c := range map[string]struct {
		cause    cause
		up, down string
	}{
		"in the bundle user":    {cause{defined: true, bundle: "user"}, "in user", "by command"},
		"in no bundle":          {cause{defined: true, downFile: true}, "by command", "in no bundle"},
		"for a variable":        {cause{defined: true, bundle: "user", downFile: true, unset: "X"}, "in user", "X is not set"},
		"slot":                  {cause{}, "no down file", "by command"},
		"slot with a down file": {cause{downFile: true}, "by command", "has a down file"},
	} {
		if got := c.cause.why(true); got != c.up {
			t.Errorf("%s, up: %q, want %q", name, got, c.up)
		}
		if got := c.cause.why(false); got != c.down {
			t.Errorf("%s, down: %q, want %q", name, got, c.down)
		}
	}
}
