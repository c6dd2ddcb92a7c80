package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"

	"caduceus/bench/figures"
)

// table writes the figures of all rounds.
func (all samples) table(out io.Writer, before, after string) error {
	anchor, err := figures.Summarize(all.anchor)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rounds; %d CPUs; load average %s before, %s after\n\n", anchor.N, runtime.NumCPU(), before, after)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "tier\tmedian\tspread\tchecks\tcontainers\tper check\tto bare\theld\ttarget\t")
	fmt.Fprintf(w, "a bare container\t%.2f s\t%.2f–%.2f s\t1\t1\t%.2f s\t1.00\t\t\t\n", anchor.Median, anchor.Min, anchor.Max, anchor.Median)
	for _, t := range tiers() {
		if err := t.row(w, all.tiers[t.name], anchor.Median); err != nil {
			return err
		}
	}
	return w.Flush()
}

// row writes the figures of a tier.
func (t tier) row(w io.Writer, runs []sample, anchor float64) error {
	var seconds []float64
	held, checks, containers := 0, 0, 0
	for _, s := range runs {
		seconds = append(seconds, s.seconds)
		checks, containers = max(checks, s.checks), max(containers, s.containers)
		if s.holds {
			held++
		}
	}
	s, err := figures.Summarize(seconds)
	if err != nil {
		return err
	}
	per := s.Median / float64(max(checks, 1))
	_, err = fmt.Fprintf(w, "%s\t%.1f s\t%.1f–%.1f s\t%d\t%d\t%.2f s\t%.2f\t%d of %d\t%s\t%s\n",
		t.name, s.Median, s.Min, s.Max, checks, containers, per, per/anchor, held, len(runs), t.target(), t.verdict(s.Median, checks, containers))
	return err
}

// target is what the tier is measured by.
func (t tier) target() string {
	text := fmt.Sprintf("≤ %.0f s", t.seconds)
	if t.checks > 0 {
		text += fmt.Sprintf(", ≥ %d checks", t.checks)
	}
	if t.containers > 0 {
		text += fmt.Sprintf(", ≤ %d containers", t.containers)
	}
	return text
}

func (t tier) verdict(seconds float64, checks, containers int) figures.Verdict {
	if seconds > t.seconds || checks < t.checks || t.containers > 0 && containers > t.containers {
		return figures.Missed
	}
	return figures.Met
}
