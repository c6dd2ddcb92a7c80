package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

func sample() Report {
	r := Report{
		Schema: Schema, Tool: Tool{Name: "hermes-verify", Version: "dev", Contract: "sha256:0123456789abcdef"},
		Image:  Image{Reference: "my-hermes:latest", ID: "sha256:feed", Platform: "linux/amd64"},
		Engine: Engine{Name: "docker", Version: "20.10.24", Host: "unix:///var/run/docker.sock"},
		Results: []Result{
			{ID: "boot-order", Tier: "smoke", Promise: "setup runs first", Clauses: []string{"BOOT-01"}, Outcome: Holds, Seconds: 1.5},
			{
				ID: "image-entrypoint", Tier: "smoke", Promise: "the entry point is /init", Clauses: []string{"IMG-01"}, Outcome: Broken,
				Breaks: []Break{{"IMG-01", "[\"\x1b[31m/bin/sh\"]\nand more"}}, Causes: []Cause{{"an ENTRYPOINT line", "remove it"}},
				Layer: &Layer{Entry: 3, CreatedBy: `ENTRYPOINT ["/bin/sh"]`, File: "docker/Dockerfile", Line: 7}, Repeat: "out/image-entrypoint/repeat.sh",
			},
			{ID: "tool-browser", Tier: "full", Promise: "a page opens", Clauses: []string{"TOOL-06"}, Outcome: NotRun, Reason: "needs 4 GB of memory"},
			{ID: "user-root", Tier: "core", Promise: "root repairs", Outcome: CouldNotLook, Reason: "the engine went away"},
		},
	}
	r.Verdict = Judge(r.Results, nil)
	return r
}

func TestAVerdictHasADenominator(t *testing.T) {
	hold, not := Result{Outcome: Holds}, Result{Outcome: NotRun, Reason: "needs root"}
	waived := not
	waived.Waived = true
	for name, tc := range map[string]struct {
		results []Result
		self    *SelfTest
		code    int
		line    string
	}{
		"all hold":                   {[]Result{hold, hold}, nil, 0, "holds: 2 of 2"},
		"nothing ran":                {nil, nil, 2, "not proved: 0 of 0 hold: nothing ran"},
		"one did not run":            {[]Result{hold, not}, nil, 2, "not proved: 1 of 2 hold, 1 not run (1 needs root)"},
		"one was allowed not to run": {[]Result{hold, waived}, nil, 0, "holds: 1 of 2, 1 not run (1 needs root)"},
		"all were allowed not to":    {[]Result{waived}, nil, 2, "not proved: 0 of 1 hold, 1 not run (1 needs root)"},
		"one is broken":              {[]Result{hold, {Outcome: Broken}, not}, nil, 1, "broken: 1 of 3, 1 hold, 1 not run (1 needs root)"},
		"one could not look":         {[]Result{hold, {Outcome: CouldNotLook}}, nil, 2, "not proved: 1 of 2 hold, 1 could not look"},
		"a result without outcome":   {[]Result{hold, {}}, nil, 2, "not proved: 1 of 2 hold, 1 could not look"},
		"all faults were caught":     {[]Result{hold}, &SelfTest{Faults: 5, Caught: 5}, 0, "holds: 1 of 1; 5 of 5 faults caught"},
		"a fault survived":           {[]Result{hold}, &SelfTest{Faults: 5, Caught: 4}, 2, "not proved: 1 of 1 hold; 4 of 5 faults caught"},
		"a self-test without faults": {[]Result{hold}, &SelfTest{}, 2, "not proved: 1 of 1 hold; 0 of 0 faults caught"},
	} {
		t.Run(name, func(t *testing.T) {
			v := Judge(tc.results, tc.self)
			if v.Code() != tc.code {
				t.Errorf("code %d, want %d", v.Code(), tc.code)
			}
			if got := (Report{Results: tc.results, SelfTest: tc.self, Verdict: v}).Line(); got != tc.line {
				t.Errorf("got  %q\nwant %q", got, tc.line)
			}
		})
	}
	if (Verdict{}).Code() != CodeNotProved {
		t.Error("a run that never judged is taken for a proof")
	}
}

func TestWhatAnImageSaysDoesNothingToATerminal(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\nc":        "a\tb\nc",
		"\x1b]0;x\a":     `\x1b]0;x\x07`,
		"\x9b31m":        `\x9b31m`,
		"\u009b31m":      `\u009b31m`,
		"a\u202eb\u2066": `a\u202eb\u2066`,
		"\r\x7f\x00":     `\x0d\x7f\x00`,
		"über ✓":         "über ✓",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := Line("a\nb"); got != `a\nb` {
		t.Errorf("got %q", got)
	}
	if got := Clip("ää", 3); got != "ä … (2 more bytes)" {
		t.Errorf("got %q", got)
	}
}

func TestABrokenCheckSaysWhatWasSeenAndWhatMendsIt(t *testing.T) {
	var b strings.Builder
	for _, r := range sample().Results {
		if err := WriteResult(&b, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteSummary(&b, sample()); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"BROKEN   image-entrypoint", `IMG-01       ["\x1b[31m/bin/sh"]` + "\n                      and more\n",
		"docker/Dockerfile:7: ENTRYPOINT", "usual cause  an ENTRYPOINT line", "fix          remove it", "again        sh out/image-entrypoint/repeat.sh",
		"not run  tool-browser", "why          needs 4 GB of memory", "engine   docker 20.10.24",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("an escape sequence of the image reached the output")
	}
	if last := text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:]; !strings.HasPrefix(last, "broken: 1 of 4") {
		t.Errorf("the last line is %q", last)
	}
}

func TestSARIFIsWhatItsReadersRead(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSARIF(&b, sample(), "Containerfile"); err != nil {
		t.Fatal(err)
	}
	log, err := sarif.FromBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Validate(); err != nil {
		t.Fatal(err)
	}
	results := log.Runs[0].Results
	if len(results) != 3 {
		t.Fatalf("%d results, want one each for broken, not run and could not look", len(results))
	}
	for i, want := range []string{"docker/Dockerfile:7 error", "Containerfile:1 warning", "Containerfile:1 warning"} {
		at := results[i].Locations[0].PhysicalLocation
		if got := fmt.Sprintf("%s:%d %s", *at.ArtifactLocation.URI, *at.Region.StartLine, results[i].Level); got != want {
			t.Errorf("result %d is at %s, want %s", i, got, want)
		}
	}
	if results[0].PartialFingerprints["promise/v1"] == results[1].PartialFingerprints["promise/v1"] {
		t.Error("two breaks have one fingerprint")
	}
}

func TestJUnitIsGreenForProofsAlone(t *testing.T) {
	var b strings.Builder
	r := sample()
	if err := WriteJUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `tests="4" failures="1" errors="2" skipped="0"`) {
		t.Error(b.String())
	}
	r.Results[2].Waived = true
	b.Reset()
	if err := WriteJUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `tests="4" failures="1" errors="1" skipped="1"`) {
		t.Error(b.String())
	}
}

func TestJSONHoldsTheWholeReport(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Results[1].Breaks[0].Saw != sample().Results[1].Breaks[0].Saw || back.Verdict != sample().Verdict {
		t.Errorf("got %+v", back)
	}
}

func TestALiveTableLeavesWhatNeedsAttention(t *testing.T) {
	var b strings.Builder
	l := Live{W: &b, Terminal: true, Width: 40}
	now := time.Unix(0, 0)
	l.Begin(2)
	l.Started("boot-order", now)
	l.Started("image-entrypoint", now)
	l.Tick(now.Add(2 * time.Second))
	l.Ended(sample().Results[0], now)
	l.Ended(sample().Results[1], now)
	l.End()
	screen := render(b.String())
	if strings.Contains(screen, "boot-order") || !strings.Contains(screen, "BROKEN   image-entrypoint") || strings.Contains(screen, "of 2:") {
		t.Errorf("left on the screen:\n%s", screen)
	}
	b.Reset()
	plain := Live{W: &b}
	plain.Begin(1)
	plain.Started("boot-order", now)
	plain.Ended(sample().Results[0], now)
	plain.End()
	if got := b.String(); strings.Contains(got, "\x1b") || !strings.HasPrefix(got, "holds    boot-order") {
		t.Errorf("got %q", got)
	}
}

// render obeys the two sequences that Live writes: up by n lines, and clear below.
func render(text string) string {
	lines := []string{""}
	at := 0
	for text != "" {
		var n int
		if _, err := fmt.Sscanf(text, "\x1b[%dA\r\x1b[J", &n); err == nil {
			_, text, _ = strings.Cut(text, "\x1b[J")
			at -= n
			lines = append(lines[:at], "")
			continue
		}
		if text[0] == '\n' {
			at++
			lines = append(lines[:at], "")
		} else {
			lines[at] += text[:1]
		}
		text = text[1:]
	}
	return strings.Join(lines, "\n")
}
