package pipeline

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"caduceus/internal/host"
)

func TestMissingInitsAreInstalledAndMeasured(t *testing.T) {
	t.Parallel()
	var data, talk bytes.Buffer
	run := &host.Fake{Paths: map[string]string{"tini": "/usr/bin/tini"}, Answer: func(c host.Cmd) (string, error) {
		if strings.HasSuffix(c.Path, "/bench") {
			return "the table\n", nil
		}
		return "", nil
	}}
	p := &Pipeline{
		Root: t.TempDir(), Out: &talk, Run: run, Getenv: func(string) string { return "" },
		Facts: host.Facts{Root: true, ID: "debian", Arch: "amd64"},
	}
	err := p.Bench(t.Context(), &data, BenchOptions{Runs: 20, JSON: true, Realtime: true, Only: "start"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"apt-get install -y -q --no-install-recommends dumb-init s6",
		p.Root + "/.cache/bench -init=" + p.Root + "/dist/linux-amd64/init -runs=20 -json -realtime -only=start",
	} {
		if !strings.Contains(strings.Join(run.Ran, "\n"), want) {
			t.Errorf("did not run %q but:\n%s", want, strings.Join(run.Ran, "\n"))
		}
	}
	if data.String() != "the table\n" || strings.Contains(talk.String(), "table") {
		t.Errorf("data %q, talk %q", data.String(), talk.String())
	}
}

func TestTheBenchmarkNeedsRoot(t *testing.T) {
	t.Parallel()
	run := &host.Fake{}
	p := &Pipeline{Run: run, Out: &bytes.Buffer{}, Facts: host.Facts{ID: "debian"}}
	var problem *host.Problem
	if err := p.Bench(t.Context(), &bytes.Buffer{}, BenchOptions{}); !errors.As(err, &problem) || len(run.Ran) != 0 {
		t.Errorf("want a problem before any program runs, got %v after %q", err, run.Ran)
	}
}

func TestEachOptionOfTheBenchmarkIsAFlag(t *testing.T) {
	t.Parallel()
	o := BenchOptions{Runs: 2, JSON: true, Realtime: true, Idle: true, Overlay: "o", Image: "i", Before: "b", Only: "start"}
	if got, want := strings.Join(o.args(), " "), "-runs=2 -json -realtime -idle -overlay=o -image=i -before=b -only=start"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
