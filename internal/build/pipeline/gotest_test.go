package pipeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func events(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func TestTestsAreCountedByTheirOutcome(t *testing.T) {
	type want struct {
		line            string
		failed, skipped []string
	}
	for name, c := range map[string]struct {
		in string
		want
	}{
		"subtests count, the test that holds them does not": {events(
			`{"Action":"pass","Package":"caduceus/a","Test":"TestX/one"}`,
			`{"Action":"pass","Package":"caduceus/a","Test":"TestX/two"}`,
			`{"Action":"pass","Package":"caduceus/a","Test":"TestX"}`,
			`{"Action":"pass","Package":"caduceus/a"}`,
		), want{"2 passed, 0 failed, 0 skipped", nil, nil}},
		"a failed subtest is one failure": {events(
			`{"Action":"pass","Package":"caduceus/a","Test":"TestX/one"}`,
			`{"Action":"fail","Package":"caduceus/a","Test":"TestX/two"}`,
			`{"Action":"fail","Package":"caduceus/a","Test":"TestX"}`,
			`{"Action":"fail","Package":"caduceus/a"}`,
		), want{"1 passed, 1 failed, 0 skipped", []string{"a TestX/two"}, nil}},
		"a test that fails after its subtests passed": {events(
			`{"Action":"pass","Package":"caduceus/a","Test":"TestX/one"}`,
			`{"Action":"fail","Package":"caduceus/a","Test":"TestX"}`,
			`{"Action":"fail","Package":"caduceus/a"}`,
		), want{"1 passed, 1 failed, 0 skipped", []string{"a TestX"}, nil}},
		"a package that does not compile": {events(
			`{"ImportPath":"caduceus/a [caduceus/a.test]","Action":"build-output","Output":"a.go:1: oops\n"}`,
			`{"ImportPath":"caduceus/a [caduceus/a.test]","Action":"build-fail"}`,
			`{"Action":"fail","Package":"caduceus/a","Elapsed":0,"FailedBuild":"caduceus/a [caduceus/a.test]"}`,
		), want{"0 passed, 1 failed, 0 skipped", []string{"a"}, nil}},
		"a package without tests is not a skip": {events(
			`{"Action":"skip","Package":"caduceus/a"}`,
			`{"Action":"pass","Package":"caduceus/b","Test":"TestY"}`,
		), want{"1 passed, 0 failed, 0 skipped", nil, nil}},
		"tests that were running when the time was up": {events(
			`{"Action":"run","Package":"caduceus/a","Test":"TestDone"}`,
			`{"Action":"fail","Package":"caduceus/a","Test":"TestDone"}`,
			`{"Action":"run","Package":"caduceus/a","Test":"TestHangs"}`,
			`{"Action":"run","Package":"caduceus/a","Test":"TestHangs/deep"}`,
			`{"Action":"run","Package":"caduceus/b","Test":"TestOther"}`,
			`{"Action":"fail","Package":"caduceus/a"}`,
			`{"Action":"pass","Package":"caduceus/b","Test":"TestOther"}`,
		), want{"1 passed, 2 failed, 0 skipped", []string{"a TestDone", "a TestHangs/deep"}, nil}},
		"a skipped test": {events(
			`{"Action":"skip","Package":"caduceus/a","Test":"TestX"}`,
			`{"Action":"pass","Package":"caduceus/a"}`,
		), want{"0 passed, 0 failed, 1 skipped", nil, []string{"a TestX"}}},
		"words between the events":  {"go: downloading x\n", want{"0 passed, 0 failed, 0 skipped", nil, nil}},
		"a run that yields nothing": {"", want{"0 passed, 0 failed, 0 skipped", nil, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readTests(strings.NewReader(c.in), time.Now, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			got := want{line: s.String()}
			for _, f := range s.Failed {
				got.failed = append(got.failed, f.String())
			}
			for _, f := range s.Skipped {
				got.skipped = append(got.skipped, f.String())
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheOutputOfAFailureIsKept(t *testing.T) {
	var shown []string
	s, err := readTests(strings.NewReader(events(
		`{"ImportPath":"caduceus/b","Action":"build-output","Output":"b.go:1: oops\n"}`,
		`{"Action":"fail","Package":"caduceus/b"}`,
		`{"Action":"output","Package":"caduceus/a","Test":"TestX","Output":"    x_test.go:1: want 1\n"}`,
		`{"Action":"fail","Package":"caduceus/a","Test":"TestX","Elapsed":1.5}`,
		`{"Action":"pass","Package":"caduceus/a","Test":"TestSlow","Elapsed":7}`,
		`{"Action":"fail","Package":"caduceus/a","Elapsed":9}`,
	)), time.Now, func(line string) { shown = append(shown, line) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]TestCase{
		{Package: "b", Output: "b.go:1: oops\n", Action: "fail"},
		{Package: "a", Name: "TestX", Took: 1500 * time.Millisecond, Output: "    x_test.go:1: want 1\n", Action: "fail"},
	}, s.Failed); diff != "" {
		t.Error(diff)
	}
	if s.Slow[0].Name != "TestSlow" {
		t.Errorf("slowest: want TestSlow, got %s", s.Slow[0])
	}
	if diff := cmp.Diff([]string{"  fail b 0.0s", "  FAIL a TestX", "  fail a 9.0s"}, shown); diff != "" {
		t.Error(diff)
	}
}

func TestALongRunReportsHowFarItIs(t *testing.T) {
	var lines, shown []string
	for i := range 5 {
		lines = append(lines, fmt.Sprintf(`{"Action":"pass","Package":"caduceus/a","Test":"Test%d"}`, i))
	}
	clock := time.Unix(0, 0)
	now := func() time.Time {
		clock = clock.Add(pulse / 2) // asked once for each silent event, twice for one that is reported
		return clock
	}
	if _, err := readTests(strings.NewReader(events(lines...)), now, func(line string) { shown = append(shown, line) }); err != nil {
		t.Fatal(err)
	}
	want := []string{"  … 2 passed, 0 failed, 0 skipped so far", "  … 4 passed, 0 failed, 0 skipped so far"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
}

func TestARunIsJudgedByWhatItProves(t *testing.T) {
	clause.Proves(t, "SUP-99")
	skips, err := parseSkips(strings.NewReader("# why\n\na TestRoot unprivileged needs root\nb TestMount* unprivileged needs mounts\nc TestBrowser slim has none\n"))
	if err != nil {
		t.Fatal(err)
	}
	pass := `{"Action":"pass","Package":"caduceus/a","Test":"TestX"}`
	root := `{"Action":"skip","Package":"caduceus/a","Test":"TestRoot"}`
	endA := `{"Action":"pass","Package":"caduceus/a"}`
	for name, c := range map[string]struct {
		in     string
		picked string
		want   []string
	}{
		"all is well":       {events(pass, root, endA), "", nil},
		"nothing ran":       {"", "", []string{"no test passed: a run of nothing proves nothing"}},
		"nothing was meant": {"", "TestGone", []string{`no test passed: RUN="TestGone" matches none, and a run of nothing proves nothing`}},
		"only skips":        {events(root, endA), "", []string{"no test passed: a run of nothing proves nothing"}},
		"a failure":         {events(pass, root, strings.Replace(pass, "pass", "fail", 1)), "", []string{"failed: a TestX"}},
		"an unlisted skip":  {events(pass, root, skip("a", "TestZ")), "", []string{"skipped, which tests/skips.txt does not allow to this run: a TestZ"}},
		"a skip of slim":    {events(pass, root, skip("c", "TestBrowser")), "", []string{"skipped, which tests/skips.txt does not allow to this run: c TestBrowser"}},
		"a listed prefix":   {events(pass, skip("b", "TestMountRo"), `{"Action":"pass","Package":"caduceus/b"}`), "", nil},
		"a stale entry":     {events(pass, endA), "", []string{"tests/skips.txt line 3 is stale: a has no test TestRoot"}},
		"a run of a part":   {events(pass, endA), "TestX", nil},
		"a listed test ran": {events(pass, strings.Replace(root, "skip", "pass", 1), endA), "", nil},
		"another package":   {events(pass, skip("c", "TestRoot")), "", []string{"skipped, which tests/skips.txt does not allow to this run: c TestRoot"}},
		"no tests in there": {events(pass, root, `{"Action":"skip","Package":"caduceus/b"}`), "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readTests(strings.NewReader(c.in), time.Now, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, verdict(s, skips, suite{lacks: map[string]bool{whenUnprivileged: true, whenUser: false}, picked: c.picked})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func skip(pkg, test string) string {
	return fmt.Sprintf(`{"Action":"skip","Package":"caduceus/%s","Test":%q}`, pkg, test)
}

func TestParseSkipsWantsAReason(t *testing.T) {
	for text, want := range map[string]string{
		"a TestRoot slim\n":            `cannot read tests/skips.txt line 1: want "PACKAGE TEST WHEN REASON", got "a TestRoot slim"`,
		"\na TestRoot on Mondays so\n": `cannot read tests/skips.txt line 2: a run can be slim or unprivileged or user, got "on"`,
	} {
		_, err := parseSkips(strings.NewReader(text))
		if err == nil || err.Error() != want {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestASkipHasItsReason(t *testing.T) {
	for output, want := range map[string]string{
		"=== RUN   TestX\n    suite.go:12: slim does not promise a browser\n--- SKIP: TestX (0.00s)\n": "slim does not promise a browser",
		"    a_test.go:1: first\n    a_test.go:2: last: why\n":                                         "last: why",
		"--- SKIP: TestX (0.00s)\n": "without a reason",
	} {
		if got := (TestCase{Output: output}).reason(); got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}
