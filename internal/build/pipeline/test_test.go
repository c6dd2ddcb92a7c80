package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/host"
)

func TestSuiteEndsWithItsSummary(t *testing.T) {
	pass := `{"Action":"pass","Package":"caduceus/a","Test":"TestX","Elapsed":6}` + "\n"
	skip := `{"Action":"skip","Package":"caduceus/a","Test":"TestRoot"}` + "\n"
	fail := `{"Action":"output","Package":"caduceus/a","Test":"TestY","Output":"    y_test.go:1: want 1\n"}` + "\n" +
		`{"Action":"fail","Package":"caduceus/a","Test":"TestY"}` + "\n"
	exit := errors.New("exit status 1")
	for name, c := range map[string]struct {
		events string
		result error
		skips  string
		last   string
		says   string
		fails  bool
	}{
		"all pass":                {pass, nil, "", "1 passed, 0 failed, 0 skipped", "slow: a TestX 6.0s", false},
		"one fails":               {pass + fail, exit, "", "1 passed, 1 failed, 0 skipped", "y_test.go:1: want 1", true},
		"a skip with its reason":  {pass + skip, nil, "a TestRoot unprivileged needs root\n", "1 passed, 0 failed, 1 skipped", "skipped: a TestRoot: without a reason", false},
		"a skip without":          {pass + skip, nil, "", "1 passed, 0 failed, 1 skipped", "does not allow to this run: a TestRoot", true},
		"nothing ran":             {"", nil, "", "0 passed, 0 failed, 0 skipped", "no test passed", true},
		"go test itself broke":    {pass, exit, "", "1 passed, 0 failed, 0 skipped", "", true},
		"a list without a reason": {pass, nil, "a TestRoot\n", "", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			p := &Pipeline{Root: specifiedRoot(t), Out: &out, Run: &host.Fake{Answer: func(host.Cmd) (string, error) { return c.events, c.result }}}
			if err := os.MkdirAll(filepath.Join(p.Root, "tests"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(p.Root, skipsFile), []byte(c.skips), 0o644); err != nil {
				t.Fatal(err)
			}
			err := p.test(t.Context(), suite{name: "unit", args: []string{"./..."}, lacks: map[string]bool{whenUnprivileged: true}})
			if (err != nil) != c.fails {
				t.Errorf("error: want %t, got %v", c.fails, err)
			}
			if !strings.HasSuffix(out.String(), c.last+"\n") && c.last != "" || !strings.Contains(out.String(), c.says) {
				t.Errorf("want %q and at last %q in\n%s", c.says, c.last, out.String())
			}
		})
	}
}

func TestUnitLeavesOutTheS6Suite(t *testing.T) {
	run := &host.Fake{
		Paths: map[string]string{"gcc": "/usr/bin/gcc", "python3": "/usr/bin/python3", "ps": "/usr/bin/ps", "strace": "/usr/bin/strace"},
		Answer: func(c host.Cmd) (string, error) {
			if c.Args[0] == "list" {
				return "caduceus/a\ncaduceus/tests/s6\ncaduceus/tests/docker/harness\n", nil
			}
			return `{"Action":"pass","Package":"caduceus/a","Test":"TestX"}` + "\n", nil
		},
	}
	p := &Pipeline{Root: specifiedRoot(t), Out: &strings.Builder{}, Run: run}
	if err := p.TestUnit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !run.Did("CGO_ENABLED=1 go test -json -race -count=1 -timeout=5m caduceus/a caduceus/tests/docker/harness") {
		t.Errorf("want go test without the s6 suite, ran %q", run.Ran)
	}
}

// What is skipped without root runs with it, and nothing is skipped then.
func TestRootRunsWhatUnitSkips(t *testing.T) {
	run := &host.Fake{
		Paths: map[string]string{"gcc": "/usr/bin/gcc", "python3": "/usr/bin/python3", "ps": "/usr/bin/ps", "strace": "/usr/bin/strace"},
		Answer: func(host.Cmd) (string, error) {
			return `{"Action":"pass","Package":"caduceus/b","Test":"TestOther"}` + "\n" + `{"Action":"skip","Package":"caduceus/b","Test":"TestMount"}` + "\n", nil
		},
	}
	var out strings.Builder
	p := &Pipeline{Root: specifiedRoot(t), Out: &out, Run: run}
	if err := os.MkdirAll(filepath.Join(p.Root, "tests"), 0o755); err != nil {
		t.Fatal(err)
	}
	const list = "d TestBrowser slim has none\nb TestMount unprivileged mounts\nb TestOther unprivileged mounts\na Test* unprivileged mounts\n"
	if err := os.WriteFile(filepath.Join(p.Root, skipsFile), []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	want := "cannot run the tests that need root: this process has no CAP_SYS_ADMIN; run them as root, in a container with all capabilities"
	if err := p.TestRoot(t.Context()); err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
	p.Facts.Admin = true
	if err := p.TestRoot(t.Context()); err == nil || !strings.Contains(out.String(), "skipped, which tests/skips.txt does not allow to this run: b TestMount") {
		t.Errorf("want the skip of TestMount refused, got %v and\n%s", err, &out)
	}
	if !run.Did("CGO_ENABLED=1 go test -json -race -count=1 -timeout=5m caduceus/a caduceus/b") {
		t.Errorf("want the packages a and b tested, ran %q", run.Ran)
	}
}

// What continuous integration reads has each test that counts, and what failed beside them.
func TestResultsAreLeftAsJUnit(t *testing.T) {
	var events strings.Builder
	for _, e := range []string{
		`"build-output","ImportPath":"caduceus/b","Output":"b.go:1: oops\n"`, `"fail","Package":"caduceus/b"`,
		`"pass","Package":"caduceus/a","Test":"TestX/one","Elapsed":1`, `"pass","Package":"caduceus/a","Test":"TestX"`,
		`"output","Package":"caduceus/a","Test":"TestY","Output":"    y_test.go:1: needs root\n"`, `"skip","Package":"caduceus/a","Test":"TestY"`,
		`"fail","Package":"caduceus/a","Test":"TestZ"`, `"fail","Package":"caduceus/a"`,
	} {
		events.WriteString(`{"Action":` + e + "}\n")
	}
	p := &Pipeline{Root: specifiedRoot(t), Out: &strings.Builder{}, Run: &host.Fake{Answer: func(host.Cmd) (string, error) { return events.String(), errors.New("exit status 1") }}}
	if err := p.test(t.Context(), suite{name: "unit"}); err == nil {
		t.Error("a failure is accepted")
	}
	text, err := os.ReadFile(filepath.Join(p.Root, resultsDir, "unit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<testsuites name="unit" tests="4" failures="2" errors="0" skipped="1"`, `classname="a" name="TestX/one" time="1.000">`,
		`<skipped message="needs root">`, "b.go:1: oops", `name="(outside of its tests)"`, "it printed nothing",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}

// A line says what the tests of the module leave out, and those that run are counted.
func TestDaggerCountsItsTests(t *testing.T) {
	var out strings.Builder
	run := &host.Fake{Answer: func(c host.Cmd) (string, error) {
		if filepath.Base(c.Dir) != "ci" {
			return "", errors.New("ran outside the module: " + c.Dir)
		}
		if c.Args[0] == "test" {
			return `{"Action":"pass","Package":"caduceus/ci","Test":"TestX"}` + "\n", nil
		}
		return "", nil
	}}
	p := &Pipeline{Root: specifiedRoot(t), Out: &out, Run: run}
	if err := p.TestDagger(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"go vet ./...", "go test -json ./..."} {
		if !run.Did("DAGGER_SESSION_PORT=1 DAGGER_SESSION_TOKEN=none " + want) {
			t.Errorf("did not run %q: %q", want, run.Ran)
		}
	}
	if text := out.String(); !strings.Contains(text, "not called: that needs a Dagger engine") || !strings.HasSuffix(text, "1 passed, 0 failed, 0 skipped\n") {
		t.Errorf("said\n%s", text)
	}
}

// A bare Debian has none of the programs that the suites call.
func TestSuitesInstallTheirPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(*Pipeline) error
		want string
	}{
		"unit":   {func(p *Pipeline) error { return p.TestUnit(t.Context()) }, "gcc libc6-dev python3 procps strace"},
		"s6":     {func(p *Pipeline) error { return p.TestS6(t.Context()) }, "s6 execline"},
		"docker": {func(p *Pipeline) error { return p.installPrograms(t.Context(), "docker", dockerPrograms()) }, "docker-registry curl openssl strace"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			run := &host.Fake{Answer: func(cmd host.Cmd) (string, error) {
				if cmd.Path == "go" && cmd.Args[0] == "test" {
					return `{"Action":"pass","Package":"caduceus/a","Test":"TestX"}` + "\n", nil
				}
				return "caduceus/a\n", nil
			}}
			p := &Pipeline{Root: specifiedRoot(t), Out: &out, Run: run, Facts: host.Facts{Root: true, ID: "debian"}}
			if err := c.run(p); err != nil {
				t.Fatal(err)
			}
			if !run.Did("DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends " + c.want) {
				t.Errorf("want %s installed, ran %q", c.want, run.Ran)
			}
			p.Facts.Root = false
			want := "cannot run the " + name + ` tests: missing packages: ` + c.want + `; run "sudo apt-get install -y --no-install-recommends ` + c.want + `"`
			if err := c.run(p); err == nil || err.Error() != want {
				t.Errorf("want %s\n got %v", want, err)
			}
		})
	}
}
