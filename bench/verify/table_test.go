package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheTableHasMediansRatiosAndVerdicts(t *testing.T) {
	var out strings.Builder
	err := samples{
		anchor: []float64{0.5, 0.4, 0.6},
		tiers: map[string][]sample{
			"smoke": {{seconds: 10, checks: 20, containers: 5, holds: true}, {seconds: 12, checks: 20, containers: 5, holds: true}},
			"core":  {{seconds: 100, checks: 100, containers: 41, holds: true}, {seconds: 140, checks: 100, containers: 41}},
		},
	}.table(&out, "1", "2")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if fields := strings.Fields(line); len(fields) > 9 {
			got = append(got, strings.Join(fields, " "))
		}
	}
	want := []string{
		"tier median spread checks containers per check to bare held target",
		"a bare container 0.50 s 0.40–0.60 s 1 1 0.50 s 1.00",
		"smoke 11.0 s 10.0–12.0 s 20 5 0.55 s 1.10 2 of 2 ≤ 30 s met",
		"core 120.0 s 100.0–140.0 s 100 41 1.20 s 2.40 1 of 2 ≤ 360 s, ≥ 100 checks, ≤ 40 containers missed",
	}
	if diff := cmp.Diff(want, got[len(got)-4:]); diff != "" {
		t.Errorf("%s\n%s", diff, out.String())
	}
}

func TestAnEmptyRunMakesNoTable(t *testing.T) {
	if err := (samples{}).table(&strings.Builder{}, "", ""); err == nil {
		t.Error("a table of nothing")
	}
}
