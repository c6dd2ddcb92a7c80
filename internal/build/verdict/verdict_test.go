package verdict

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// coded is an error as the engine's client makes them: whoever finds it takes its exit code.
type coded struct{}

func (coded) Error() string { return "exit code: 0 [traceparent:12-34]" }

func TestAGateIsAcceptedOnlyWithItsCount(t *testing.T) {
	const good = "  pass a 0.1s\n3 passed, 0 failed, 1 skipped\n"
	for name, c := range map[string]struct {
		run  Run
		want string // of the error; "": accepted
	}{
		"tests that passed":              {Run{Counts: Tests, Log: good}, ""},
		"two suites":                     {Run{Counts: Tests, Log: good + good}, ""},
		"lint":                           {Run{Log: "lint: gofmt\n"}, ""},
		"lint that failed":               {Run{Code: 1, Log: "lint: gofmt: not formatted: a.go\nError: cannot accept the source\n"}, "g: exit code 1\n  lint: gofmt: not formatted: a.go\n  Error: cannot accept the source"},
		"a failed test":                  {Run{Counts: Tests, Code: 1, Log: "failed: a TestX\n2 passed, 1 failed, 0 skipped\n"}, "g: exit code 1; 2 passed, 1 failed, 0 skipped\n  failed: a TestX"},
		"an exit before the tests":       {Run{Counts: Tests, Code: 2, Log: "cannot reach a Docker engine\n"}, "g: exit code 2; no test was counted\n  cannot reach a Docker engine"},
		"no word of tests":               {Run{Counts: Tests, Log: "all is well\n"}, "g: it ended with exit code 0 and counted no test: nothing is proved"},
		"a count that is not the last":   {Run{Counts: Tests, Log: "  … 3 passed, 0 failed, 0 skipped so far\n"}, "g: it ended with exit code 0 and counted no test: nothing is proved"},
		"nothing but skips":              {Run{Counts: Tests, Log: "0 passed, 0 failed, 7 skipped\n"}, "g: no test passed (0 passed, 0 failed, 7 skipped): nothing is proved"},
		"a failure that nobody reported": {Run{Counts: Tests, Log: "2 passed, 1 failed, 0 skipped\n"}, "g: exit code 0, and yet 2 passed, 1 failed, 0 skipped"},
		"a service that does not start":  {Run{Counts: Tests, Err: fmt.Errorf("start service: %w", coded{})}, "g: cannot run: start service: exit code: 0"},
		"an engine that lends no root":   {Run{Counts: Tests, Err: errors.New("security.insecure is not allowed")}, `g: cannot run: security.insecure is not allowed; it needs root capabilities: allow "security.insecure" in the Dagger engine's configuration`},
		"checks that hold":               {Run{Counts: Checks, Log: "holds    image-labels  0.0s  a promise\n\nholds: 20 of 20\n"}, ""},
		"a broken check": {
			Run{Counts: Checks, Code: 1, Log: "BROKEN   image-entrypoint  0.0s  the entry point\nNO LOOK  boot-comm  0.1s  PID 1\n\nbroken: 1 of 20, 18 hold, 1 could not look\nError: running hermes-verify\n"},
			"g: exit code 1; broken: 1 of 20, 18 hold, 1 could not look\n  BROKEN   image-entrypoint  0.0s  the entry point\n  NO LOOK  boot-comm  0.1s  PID 1\n  Error: running hermes-verify",
		},
		"no word of checks":          {Run{Counts: Checks, Log: "holds    image-labels  0.0s  a promise\n"}, "g: it ended with exit code 0 and without a proof: no check was counted"},
		"no check":                   {Run{Counts: Checks, Log: "holds: 0 of 0\n"}, "g: it ended with exit code 0 and without a proof: holds: 0 of 0"},
		"a verdict that is no proof": {Run{Counts: Checks, Log: "holds: 3 of 3\nnot proved: 3 of 20 hold\n"}, "g: it ended with exit code 0 and without a proof: not proved: 3 of 20 hold"},
		"an image that is not there": {Run{Counts: Checks, Code: 2, Log: "hermes-verify: there is no image \"x\"\n"}, "g: exit code 2; no check was counted\n  hermes-verify: there is no image \"x\""},
		"a count beyond all numbers": {Run{Counts: Tests, Log: "99999999999999999999 passed, 0 failed, 0 skipped\n"}, "g: no test passed (0 passed, 0 failed, 0 skipped): nothing is proved"},
	} {
		t.Run(name, func(t *testing.T) {
			c.run.Gate = "g"
			v := Judge(c.run)
			if (c.want == "") != (v.Err == nil) || v.Err != nil && v.Err.Error() != c.want {
				t.Errorf("want %q, got %v", c.want, v.Err)
			}
			if found, ok := errors.AsType[coded](v.Err); ok {
				t.Errorf("an error of the engine can be found, with its exit code: %v", found)
			}
		})
	}
}

func TestTheReasonsOfAGateAreBounded(t *testing.T) {
	var log strings.Builder
	for i := range shown + 3 {
		fmt.Fprintf(&log, "failed: a Test%d\nfailed: a Test%d\n", i, i)
	}
	v := Judge(Run{Gate: "g", Code: 1, Log: log.String()})
	if got := strings.Count(v.Err.Error(), "failed: "); got != shown || !strings.HasSuffix(v.Err.Error(), "\n  and 3 more") {
		t.Errorf("%d reasons in %v", got, v.Err)
	}
}

func TestTheReportHasAllGates(t *testing.T) {
	ok := Judge(Run{Gate: "test-unit", Counts: Tests, Log: "5 passed, 0 failed, 1 skipped\n"})
	lint := Judge(Run{Gate: "lint"})
	text, err := Report([]Verdict{lint, ok})
	if want := "ok      lint\nok      test-unit  5 passed, 0 failed, 1 skipped\n5 passed, 0 failed, 1 skipped\n"; err != nil || text != want {
		t.Errorf("want %q, got %q, %v", want, text, err)
	}
	checked := Judge(Run{Gate: "verify", Counts: Checks, Log: "holds: 20 of 20\n"})
	if text, err := Report([]Verdict{checked}); err != nil || text != "ok      verify  holds: 20 of 20\n" {
		t.Errorf("got %q, %v", text, err)
	}
	one := Judge(Run{Gate: "test-init", Counts: Tests, Err: errors.New("no engine")})
	two := Judge(Run{Gate: "test-docker", Counts: Tests, Code: 1, Log: "1 passed, 1 failed, 0 skipped\n"})
	_, err = Report([]Verdict{one, ok, two})
	want := "test-init: cannot run: no engine\ntest-docker: exit code 1; 1 passed, 1 failed, 0 skipped\n" +
		"FAILED  test-init  0 passed, 0 failed, 0 skipped\nok      test-unit  5 passed, 0 failed, 1 skipped\n" +
		"FAILED  test-docker  1 passed, 1 failed, 0 skipped\n6 passed, 1 failed, 1 skipped"
	if err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
	if _, err := Report(nil); err == nil {
		t.Error("a report of no gate is accepted")
	}
}

func TestPlainHidesTheKindOfAnError(t *testing.T) {
	err := Plain(fmt.Errorf("cannot start: %w", coded{}))
	if _, ok := errors.AsType[coded](err); ok || err.Error() != "cannot start: exit code: 0" {
		t.Errorf("want a plain error with its text, got %v", err)
	}
	if Plain(nil) != nil {
		t.Error("no error became one")
	}
}
