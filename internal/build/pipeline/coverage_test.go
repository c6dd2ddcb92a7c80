package pipeline

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/host"
	"caduceus/internal/killmatrix"

	"github.com/google/go-cmp/cmp"
)

// specify writes a specification with these clauses.
func specify(t *testing.T, root string, ids ...string) {
	t.Helper()
	var page strings.Builder
	for _, id := range ids {
		page.WriteString(`- <a id="` + strings.ToLower(id) + `"></a>**` + id + "** holds.\n")
	}
	put(t, filepath.Join(root, clause.Dir, "contract.md"), page.String())
}

// specifiedRoot is a repository with a specification of one clause.
func specifiedRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	specify(t, root, "GW-01")
	return root
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func attr(test, id string) string {
	return `{"Action":"attr","Package":"caduceus/a","Test":"` + test + `","Key":"` + clause.Key + `","Value":"` + id + `"}`
}

func ended(action, test string) string {
	return `{"Action":"` + action + `","Package":"caduceus/a","Test":"` + test + `"}`
}

func TestWhatPassedIsProved(t *testing.T) {
	for name, c := range map[string]struct {
		events []string
		want   []string
	}{
		"a test that passed":         {[]string{attr("TestX", "GW-02"), attr("TestX", "GW-01"), ended("pass", "TestX")}, []string{"GW-01", "GW-02"}},
		"one that failed":            {[]string{attr("TestX", "GW-01"), ended("fail", "TestX")}, nil},
		"one that was skipped":       {[]string{attr("TestX", "GW-01"), ended("skip", "TestX")}, nil},
		"one that did not end":       {[]string{attr("TestX", "GW-01")}, nil},
		"one that names none":        {[]string{ended("pass", "TestX")}, nil},
		"a subtest beside a failure": {[]string{attr("TestX/a", "GW-01"), ended("pass", "TestX/a"), attr("TestX", "GW-02"), ended("fail", "TestX/b"), ended("fail", "TestX")}, []string{"GW-01"}},
		"a parent of skips alone":    {[]string{attr("TestX", "GW-01"), ended("skip", "TestX/a"), ended("pass", "TestX")}, nil},
		"a parent of one that ran":   {[]string{attr("TestX", "GW-01"), ended("skip", "TestX/a"), ended("pass", "TestX/b"), ended("pass", "TestX")}, []string{"GW-01"}},
		"another attribute":          {[]string{`{"Action":"attr","Package":"caduceus/a","Test":"TestX","Key":"author","Value":"GW-01"}`, ended("pass", "TestX")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readTests(strings.NewReader(events(c.events...)), time.Now, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, s.Proved); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMutantIsKilledByATestThatPassed(t *testing.T) {
	record := func(test, value string) string {
		return `{"Action":"attr","Package":"caduceus/a","Test":"` + test + `","Key":"` + killmatrix.Key + `","Value":` + strconv.Quote(value) + `}`
	}
	s, err := readTests(strings.NewReader(events(
		record("TestX/a", `{"of":"init","fault":"a"}`), ended("pass", "TestX/a"),
		record("TestX/b", `{"of":"front","fault":"b"}`), ended("fail", "TestX/b"),
		record("TestX/c", "no mutant"), ended("pass", "TestX/c"),
		ended("fail", "TestX"),
	)), time.Now, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	want := []killmatrix.Row{
		{Mutant: killmatrix.Mutant{Of: "init", Fault: "a"}, Killed: true},
		{Mutant: killmatrix.Mutant{Of: "front", Fault: "b"}},
	}
	if diff := cmp.Diff(want, s.Mutants); diff != "" {
		t.Error(diff)
	}
}

func TestCoverageIsOfAllSuites(t *testing.T) {
	var out strings.Builder
	answer := ""
	p := &Pipeline{Root: t.TempDir(), Out: &out, Run: &host.Fake{Answer: func(host.Cmd) (string, error) { return answer, nil }}}
	suites := func(name string, lines ...string) error {
		out.Reset()
		answer = events(lines...)
		return p.test(t.Context(), suite{name: name})
	}
	says := func(want string) {
		t.Helper()
		if !strings.Contains(out.String(), want+"\n") {
			t.Errorf("the screen does not say %q:\n%s", want, &out)
		}
	}
	if err := p.Coverage(t.Context()); err == nil || !strings.Contains(err.Error(), "no page of docs/spec has a clause") {
		t.Errorf("without a specification: %v", err)
	}
	specify(t, p.Root, "GW-01", "GW-02", "SUP-100")
	if err := p.Coverage(t.Context()); err == nil || !strings.Contains(err.Error(), "no suite has run") {
		t.Errorf("before any suite: %v", err)
	}
	if err := suites("unit", attr("TestX", "GW-01"), ended("pass", "TestX")); err != nil {
		t.Fatal(err)
	}
	says("1 of 3 clauses proved by tests that ran")
	if err := suites("s6", attr("TestY", "SUP-100"), ended("pass", "TestY")); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	want := "1 clauses are proved by no test that ran: name each where it is proved (clause.Proves), or test it"
	if err := p.Coverage(t.Context()); err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
	says("not proved: GW-02")
	says("2 of 3 clauses proved by tests that ran")
	// A run of picked tests takes nothing away from what a whole one proved.
	answer = events(ended("pass", "TestX"))
	if err := p.test(t.Context(), suite{name: "unit", picked: "TestX"}); err != nil {
		t.Fatal(err)
	}
	if err := suites("docker", attr("TestZ", "GW-02"), ended("pass", "TestZ")); err != nil {
		t.Fatal(err)
	}
	if err := p.Coverage(t.Context()); err != nil {
		t.Error(err)
	}
	// The same suite, emptied: what nobody proves any more is missing.
	if err := suites("docker", ended("pass", "TestZ")); err != nil {
		t.Fatal(err)
	}
	if err := p.Coverage(t.Context()); err == nil {
		t.Error("a test that lost its body still proves its clause")
	}
	if err := suites("dagger", attr("TestX", "GW-9999"), ended("pass", "TestX")); err == nil || !strings.Contains(out.String(), "a test names GW-9999 as proved, which docs/spec does not have") {
		t.Errorf("an invented clause is taken: %v\n%s", err, &out)
	}
}
