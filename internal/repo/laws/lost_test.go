package laws

import (
	"testing"

	"caduceus/internal/clause"
)

func TestNoClauseIsLost(t *testing.T) {
	found, err := LostClauses(specification(t))
	report(t, found, err)
}

func TestALostClauseIsNamed(t *testing.T) {
	const page = "docs/spec/a.md"
	known := clause.Clauses{{ID: "GW-01", File: page}, {ID: "GW-03", File: page}, {ID: "GW-02", File: page, Dropped: true}}
	found, err := LostClauses(known)
	report(t, found, err)
	if found, err = LostClauses(known[:2]); err != nil {
		t.Fatal(err)
	}
	wantOne(t, found, `docs/spec/a.md: has lost GW-02: a clause that is dropped keeps its line, as in "**GW-02** dropped: why"`)
}
