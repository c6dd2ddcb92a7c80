package checks

import (
	"strings"
	"testing"
)

func TestEveryCheckHasAnIDATierAndCauses(t *testing.T) {
	entries, err := Catalog()
	if err != nil {
		t.Fatal(err)
	}
	count := map[Tier]int{}
	for _, e := range entries {
		count[e.Tier]++
	}
	if len(entries) != len(All()) || count[Smoke] == 0 || count[Smoke]+count[Core] < 100 {
		t.Errorf("%d entries of %d checks, %v", len(entries), len(All()), count)
	}
}

func TestATierHasThoseBeforeIt(t *testing.T) {
	all := []Entry{{ID: "a", Tier: Chaos}, {ID: "b", Tier: Smoke}, {ID: "c", Tier: Core}}
	got, err := UpTo(all, "core")
	if err != nil || len(got) != 2 || got[0].ID != "b" || got[1].ID != "c" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := UpTo(all, "best"); err == nil {
		t.Error("a tier that is none selects something")
	}
}

func TestACatalogueThatLosesACheckIsRefused(t *testing.T) {
	all := []Check{{Name: "one"}, {Name: "two"}}
	const texts = "a\ncause: c\nfix: f\n"
	for name, tc := range map[string]struct{ lines, texts, want string }{
		"a check without a line": {"a-1 core - one", texts, `the check "two" has no ID`},
		"a line without a check": {"a-1 core - one\na-2 core - two\na-3 core - three", texts, `a-3: no check promises "three"`},
		"an ID twice":            {"a-1 core - one\na-1 core - two", texts, "a-1 stands twice"},
		"no tier":                {"a-1 best - one\na-2 core - two", texts, `"best" is no tier`},
		"no need":                {"a-1 core luck one\na-2 core - two", texts, `"luck" is no need`},
		"a short line":           {"a-1 core\na-2 core - two", texts, "cannot read the line"},
		"no causes":              {"b-1 core - one\na-2 core - two", texts, "b-1: no usual cause"},
		"causes of nothing":      {"a-1 core - one\na-2 core - two", texts + "\nx\ncause: c\nfix: f\n", `causes for "x"`},
		"a cause without a fix":  {"a-1 core - one\na-2 core - two", "a\ncause: c\n", `"c" has no fix`},
		"a line of something":    {"a-1 core - one\na-2 core - two", "a\nwhy: c\n", "no such line belongs"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := catalog(all, tc.lines, tc.texts); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	if got, err := catalog(all, "a-1 core memory,terminal one\na-2 smoke - two", texts+"\na-1\ncause: own\nfix: g\n"); err != nil ||
		len(got) != 2 || len(got[0].Needs) != 2 || len(got[0].Causes) != 2 || got[0].Causes[0].Cause != "own" {
		t.Errorf("got %+v, %v", got, err)
	}
}
