package attest

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"caduceus/internal/verify/report"
)

func sample() report.Report {
	r := report.Report{
		Started: time.Date(2026, 11, 27, 1, 2, 3, 0, time.UTC), Seconds: 4.5,
		Tool:  report.Tool{Name: "hermes-verify", Version: "1.2.3", Digest: "sha256:aa", Contract: "sha256:cc"},
		Image: report.Image{Reference: "my-hermes:latest", ID: "sha256:feed"}, Engine: report.Engine{Name: "docker", Version: "20.10"},
		Results: []report.Result{{ID: "a-1", Outcome: report.Holds}, {ID: "a-2", Outcome: report.Holds}},
	}
	r.Verdict = report.Judge(r.Results, nil)
	return r
}

func TestAStatementClaimsWhatTheReportSays(t *testing.T) {
	for name, tc := range map[string]struct {
		more   report.Result
		result string
		others int
	}{
		"all hold":      {report.Result{ID: "a-3", Outcome: report.Holds}, "PASSED", 0},
		"one is broken": {report.Result{ID: "a-3", Outcome: report.Broken}, "FAILED", 1},
		"one not run":   {report.Result{ID: "a-3", Outcome: report.NotRun}, "WARNED", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := sample()
			r.Results = append(r.Results, tc.more)
			r.Verdict = report.Judge(r.Results, nil)
			var b bytes.Buffer
			if err := Write(&b, r); err != nil {
				t.Fatal(err)
			}
			got, err := Read(b.Bytes(), "sha256:feed")
			if err != nil {
				t.Fatal(err)
			}
			want := Claim{tc.result, 3 - tc.others, tc.others, "sha256:cc", "hermes-verify 1.2.3", time.Date(2026, 11, 27, 1, 2, 7, 0, time.UTC)}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestAStatementIsOfOneImage(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"another image": b.String(), "nothing": "", "a blank line": "\n"} {
		if _, err := Read([]byte(text), "sha256:beef"); !errors.Is(err, ErrOther) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Read(b.Bytes(), ""); !errors.Is(err, ErrOther) {
		t.Errorf("no image at all: got %v", err)
	}
	for text, want := range map[string]string{"{": "line 1 is no statement", `{"_type":"x"}`: `its type is "x"`} {
		if _, err := Read([]byte(text), "sha256:feed"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
