package figures

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes the report for people: a line a figure and subject, median and quartiles, the ratio
// to the anchor, and for ours the target; a block for each anchor.
func (r Report) Table(w io.Writer) error {
	mode := ""
	if r.Host.Realtime {
		mode = ", inits at real-time priority"
	}
	fmt.Fprintf(w, "%d runs, interleaved; %d CPUs, Linux %s; load average %s before, %s after%s\n\n",
		r.Runs, r.Host.CPUs, r.Host.Kernel, r.Host.LoadBefore, r.Host.LoadAfter, mode)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	anchor := ""
	for _, row := range r.Rows {
		if row.Anchor != anchor {
			if anchor != "" {
				fmt.Fprintln(t)
			}
			anchor = row.Anchor
			fmt.Fprintf(t, "measure\tinit\tmedian\tquartiles\tto %s\ttarget\t\n", anchor)
		}
		title := row.Title
		for _, c := range row.Cells {
			target := ""
			if c.Subject == r.Ours {
				target = row.Target.text(row.Anchor, row.Unit)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", title, c.Subject, number(c.Median, row.Unit), c.spread(row.Unit), c.ratio(), target, c.Verdict)
			title = ""
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	met, missed := r.count()
	_, err := fmt.Fprintf(w, "\n%d targets met, %d missed\n", met, missed)
	return err
}

// count returns how many targets ours met and missed.
func (r Report) count() (met, missed int) {
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			switch c.Verdict {
			case Met:
				met++
			case Missed:
				missed++
			}
		}
	}
	return met, missed
}

func (t *Target) text(anchor, unit string) string {
	if t == nil {
		return ""
	}
	if t.Beyond {
		return fmt.Sprintf("≤ %s + %g %s", anchor, t.AtMost, unit)
	}
	if t.Ratio {
		return fmt.Sprintf("≤ %.1f × %s", t.AtMost, anchor)
	}
	if t.AtLeast > 0 {
		return strings.TrimSpace(fmt.Sprintf("%g–%g %s", t.AtLeast, t.AtMost, unit))
	}
	return strings.TrimSpace(fmt.Sprintf("≤ %g %s", t.AtMost, unit))
}

func (c Cell) spread(unit string) string {
	if c.Min == c.Max {
		return "="
	}
	return bare(c.Low, unit) + "–" + bare(c.High, unit)
}

func (c Cell) ratio() string {
	if c.Ratio == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", c.Ratio)
}

func number(v float64, unit string) string { return strings.TrimSpace(bare(v, unit) + " " + unit) }

// bare has three significant digits for a time, two for a share, and all of a count.
func bare(v float64, unit string) string {
	switch {
	case unit == "%":
		return fmt.Sprintf("%.2g", v)
	case unit != "ms" || v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
