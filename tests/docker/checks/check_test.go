package checks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/tests/docker/harness"
)

func TestEveryCheckHasANameADescriptionAndClauses(t *testing.T) {
	seen := map[string]bool{}
	clause := regexp.MustCompile(`^[A-Z]+-\d{2,3}$`)
	for _, c := range All() {
		if seen[c.Name] {
			t.Errorf("two checks are named %q", c.Name)
		}
		seen[c.Name] = true
		if c.Name == "" || c.Doc == "" || c.Run == nil || len(c.Clauses) == 0 {
			t.Errorf("check %q lacks a name, doc, run or clause", c.Name)
		}
		for _, id := range c.Clauses {
			if !clause.MatchString(id) {
				t.Errorf("check %q cites %q, which is no clause", c.Name, id)
			}
		}
	}
	for _, name := range []string{RedirectCheck, RecursionCheck, OptOutCheck, ReconcileCheck} {
		if _, err := Named(name); err != nil {
			t.Error(err)
		}
	}
}

// Each of them is listed in tests/skips.txt; TOOL-06 is the browser.
func TestSlimPromisesNoBrowser(t *testing.T) {
	for _, c := range All() {
		if slices.Contains(c.Clauses, "TOOL-06") && !c.Full {
			t.Errorf("%q asks slim for a browser", c.Name)
		}
	}
}

// The comments are what people search for; the field is
// what runs. They must say the same.
func TestCommentsCiteWhatTheChecksProve(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var commented []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^// contract: (.*)$`).FindAllStringSubmatch(string(text), -1) {
			commented = append(commented, strings.Fields(m[1])...)
		}
	}
	var proven []string
	for _, c := range All() {
		proven = append(proven, c.Clauses...)
	}
	for _, list := range []*[]string{&commented, &proven} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if diff := cmp.Diff(proven, commented); diff != "" {
		t.Errorf("clauses of All() and of the comments (-proven +commented):\n%s", diff)
	}
}

func TestVariablesOfEveryKindGetHostileValues(t *testing.T) {
	known := map[string]variable{}
	for _, v := range settable() {
		known[v.name] = v
	}
	for _, want := range []variable{
		{name: "HERMES_HOME", path: true, judged: true},
		{name: "HERMES_UID", judged: true},
		{name: "HERMES_ALLOW_APT", judged: true},
		{name: "HERMES_AUTH_JSON_BOOTSTRAP", judged: true},
		{name: "S6_KILL_GRACETIME", judged: true},
		{name: "HERMES_DASHBOARD_HOST"},
		{name: "HERMES_HOME_MODE"},
		{name: "WHATSAPP_MODE"},
	} {
		if got := known[want.name]; got != want {
			t.Errorf("want %+v, got %+v", want, got)
		}
	}
	for _, none := range append(commands(), "HERMES_TEST_IMAGE") {
		if _, ok := known[none]; ok {
			t.Errorf("%s is no variable that may have any value", none)
		}
	}
}

func TestEveryViolatedClauseIsFound(t *testing.T) {
	err := fmt.Errorf("outside: %w", errors.Join(
		violates("GW-04", "two heartbeats"), nil, errors.New("no engine"),
		fmt.Errorf("deeper: %w", violates("BOOT-07", "x")), violates("GW-04", "again")))
	if diff := cmp.Diff([]string{"BOOT-07", "GW-04"}, Violations(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Violations(errors.New("no engine")); len(got) != 0 {
		t.Errorf("want no clause of an error that could not judge, got %v", got)
	}
}

// Where tools may not be asked, nobody knows whether a promise is broken.
func TestToolsThatAreNotAskedBreakNothing(t *testing.T) {
	err := fmt.Errorf("cannot wait: %w", harness.ErrTools)
	if got := broken("GW-06", err); !errors.Is(got, harness.ErrTools) || len(Broken(got)) != 0 {
		t.Errorf("got %v", got)
	}
	if got := broken("GW-06", errors.New("no gateway")); len(Broken(got)) != 1 {
		t.Errorf("got %v", got)
	}
}
