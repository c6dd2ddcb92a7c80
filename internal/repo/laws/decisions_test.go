package laws

import (
	"strings"
	"testing"
)

func TestDecisionsHaveTheirForm(t *testing.T) {
	report(t, Decisions(repository(t)), nil)
}

func TestAMalformedDecisionIsNamed(t *testing.T) {
	const (
		page = "# 0001: One\n\nStatus: accepted, 2026-01-31.\n\n**Context.** C.\n\n**Decision.** D.\n\n**Refused.** R.\n\n**What would change our mind.** W.\n"
		row  = "| [0001](0001-one.md) | One | accepted | 2026-01-31 |\n"
	)
	check := func(t *testing.T, page, index string) []Violation {
		t.Helper()
		return Decisions(tree(t, map[string]string{"docs/adr/0001-one.md": page, decisionsIndex: index}))
	}
	report(t, check(t, page, row), nil)
	for name, c := range map[string]struct{ old, other, want string }{
		"another number":        {"# 0001", "# 0002", "does not begin with"},
		"no status":             {"Status: accepted, 2026-01-31.\n\n", "", "has no line"},
		"an invented status":    {"accepted", "decided", "has no line"},
		"a part that is gone":   {"**Refused.** R.", "R.", `has no paragraph "**Refused.**"`},
		"another title":         {"One", "Two", decisionsIndex + ": has no row | [0001](0001-one.md) | Two"},
		"a status of the index": {"accepted", "proposed", decisionsIndex + ": has no row"},
	} {
		t.Run(name, func(t *testing.T) { wantOne(t, check(t, strings.Replace(page, c.old, c.other, 1), row), c.want) })
	}
	two := map[string]string{"docs/adr/0001-one.md": page, "docs/adr/0001-other.md": page, decisionsIndex: row + strings.Replace(row, "0001-one.md", "0001-other.md", 1)}
	wantOne(t, Decisions(tree(t, two)), "has the number of 0001-one.md")
}
