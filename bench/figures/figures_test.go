package figures

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"caduceus/internal/clause"
)

func TestMedianAndSpreadOfSamples(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		samples []float64
		want    Summary
	}{
		"one":  {[]float64{4}, Summary{1, 4, 4, 4, 4, 4}},
		"odd":  {[]float64{5, 1, 3, 2, 4}, Summary{5, 3, 2, 4, 1, 5}},
		"even": {[]float64{40, 10, 20, 30}, Summary{4, 25, 17.5, 32.5, 10, 40}},
		// A run that another program held up does not move the median.
		"outlier": {[]float64{1, 1, 1, 1, 500}, Summary{5, 1, 1, 1, 1, 500}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := append([]float64(nil), c.samples...)
			got, err := Summarize(given)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.samples, given); diff != "" {
				t.Errorf("the samples were changed: %s", diff)
			}
		})
	}
	if _, err := Summarize(nil); !errors.Is(err, ErrNoSamples) {
		t.Errorf("no samples: %v", err)
	}
}

func TestATargetIsMetOrMissed(t *testing.T) {
	clause.Proves(t, "SUP-100")
	t.Parallel()
	ratio := &Target{AtMost: 1.5, Ratio: true}
	between := &Target{AtLeast: 1000, AtMost: 1100}
	beyond := &Target{AtMost: 20, Beyond: true}
	for name, c := range map[string]struct {
		target         *Target
		median, anchor float64
		want           Verdict
	}{
		"no target":             {nil, 1, 1, None},
		"ratio met":             {ratio, 3, 2, Met},
		"ratio missed":          {ratio, 3.1, 2, Missed},
		"ratio without anchor":  {ratio, 3.1, 0, None},
		"value met":             {between, 1050, 0, Met},
		"value too small":       {between, 999, 0, Missed},
		"value too large":       {between, 1101, 0, Missed},
		"as before":             {beyond, 320, 300, Met},
		"far beyond before":     {beyond, 321, 300, Missed},
		"faster than before":    {beyond, 200, 300, Met},
		"before was not taken":  {beyond, 321, 0, None},
		"none allowed, none":    {&Target{}, 0, 0, Met},
		"none allowed, but one": {&Target{}, 1, 0, Missed},
	} {
		if got := Judge(c.target, c.median, c.anchor); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// example is a small report with a row of each kind.
func example(t *testing.T) Report {
	t.Helper()
	s := Samples{}
	for _, v := range []float64{1, 2, 3} {
		s.Add(Start, "/init", 2*v)
		s.Add(Start, "tini", v)
		s.Add(Restart, "/init", 1200)
		s.Add(BootEmpty, "/init", 900*v)
		s.Add(BootUsed, "/init", 310)
		s.Add(BootUsed, Before, 300)
		s.Add(StopImage, "/init", 50)
		s.Add(StopImage, Before, 40)
		s.Add(IdleCPU, "/init", v/100)
		s.Add(HealthExec, "/init", 60*v)
		s.Add(HealthExec, ExecTrue, 40*v)
	}
	rows, err := Build("/init", Expected{
		Start: {"/init", Anchor}, Restart: {"/init"}, BootEmpty: {"/init"}, BootUsed: {"/init", Before},
		StopImage: {"/init", Before}, IdleCPU: {"/init"}, HealthExec: {"/init", ExecTrue},
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return Report{
		Schema: Schema, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Runs: 3, Ours: "/init", Anchor: Anchor,
		Host: Host{Kernel: "6.1", CPUs: 2, LoadBefore: "0.1 0.1 0.1", LoadAfter: "0.2 0.1 0.1"}, Rows: rows,
	}
}

// A ratio is that of the whole interval: a start of 4 ms beside one of 2 ms is 2, whatever both would
// have taken without an init.
func TestTheTableHasOneLineForEachFigure(t *testing.T) {
	clause.Proves(t, "SUP-100")
	t.Parallel()
	var out bytes.Buffer
	if err := example(t).Table(&out); err != nil {
		t.Fatal(err)
	}
	const want = `3 runs, interleaved; 2 CPUs, Linux 6.1; load average 0.1 0.1 0.1 before, 0.2 0.1 0.1 after

measure                init   median   quartiles  to tini  target
PID 1 start to CMD     /init  4.00 ms  3.00–5.00  2.00     ≤ 1.5 × tini  missed
                       tini   2.00 ms  1.50–2.50  1.00
restart after kill -9  /init  1200 ms  =                   1000–1100 ms  missed

measure                                    init    median   quartiles    to before  target
image to CMD, empty volume                 /init   1800 ms  1350–2250
image to CMD, used volume                  /init   310 ms   =            1.03       ≤ before + 20 ms  met
                                           before  300 ms   =            1.00
image, idle stop                           /init   50.0 ms  =            1.25       ≤ 1.0 × before    missed
                                           before  40.0 ms  =            1.00
CPU of both in an idle minute, 5 services  /init   0.02 %   0.015–0.025             ≤ 0.05 %          met

measure                            init       median   quartiles  to exec true  target
engine's exec of the health check  /init      120 ms   90.0–150   1.50          ≤ 2.0 × exec true  met
                                   exec true  80.0 ms  60.0–100   1.00

3 targets met, 3 missed
`
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.TrimRight(line, " \n"))
	}
	if diff := cmp.Diff(want, strings.Join(got, "\n")+"\n"); diff != "" {
		t.Error(diff)
	}
}

func TestReportObeysItsSchema(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("../../docs/reference/schema", "bench.v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := example(t).JSON(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	valid := func(text string) error {
		object, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(object)
	}
	if err := valid(text); err != nil {
		t.Error(err)
	}
	if valid(strings.Replace(text, `"median"`, `"average"`, 1)) == nil {
		t.Error("the schema takes a cell without a median")
	}
	var back Report
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(example(t), back); diff != "" {
		t.Error(diff)
	}
}

func TestAFigureWithoutSamplesIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expected Expected
		samples  Samples
		want     string
	}{
		"nothing at all":            {nil, nil, "no samples"},
		"a figure without a sample": {Expected{Start: {"/init"}}, nil, `"start" of "/init": no samples`},
		"a sample nobody asked for": {Expected{Start: {"/init"}}, Samples{Start: {"/init": {1}, "x": {1}}}, "not expected"},
		"an unknown measure":        {Expected{Start: {"/init"}}, Samples{Start: {"/init": {1}}, "stat": {"/init": {1}}}, "no such measure"},
	} {
		if _, err := Build("/init", c.expected, c.samples); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestMeasuresHaveOneIDEach(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range Measures() {
		if seen[m.ID] || m.Title == "" {
			t.Errorf("%+v", m)
		}
		seen[m.ID] = true
	}
}
