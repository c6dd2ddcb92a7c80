package truth

import (
	"testing"

	"caduceus/internal/clause"
)

func TestEachListTakesItsOwnWordsOnly(t *testing.T) {
	clause.Proves(t, "EXEC-02", "GW-06", "SHIM-01")
	cases := map[string]struct{ exact, lower, loose bool }{
		"1":       {true, true, true},
		"true":    {true, true, true},
		"TRUE":    {true, true, true},
		"True":    {true, true, true},
		"yes":     {true, true, true},
		"YES":     {true, true, true},
		"Yes":     {true, true, true},
		"tRUE":    {false, true, true},
		"yEs":     {false, true, true},
		"on":      {false, false, true},
		"ON":      {false, false, true},
		" 1":      {false, false, true},
		"yes\n":   {false, false, true},
		"":        {},
		" ":       {},
		"0":       {},
		"2":       {},
		"no":      {},
		"off":     {},
		"false":   {},
		"y":       {},
		"t":       {},
		"garbage": {},
		"1 1":     {},
	}
	for value, want := range cases {
		if got := Exact(value); got != want.exact {
			t.Errorf("Exact(%q) = %v", value, got)
		}
		if got := Lower(value); got != want.lower {
			t.Errorf("Lower(%q) = %v", value, got)
		}
		if got := Loose(value); got != want.loose {
			t.Errorf("Loose(%q) = %v", value, got)
		}
	}
}
