package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// What one broken clause and one reason show on a terminal; all of it is in the JSON.
const (
	clipped       = 2000
	reasonClipped = 300
)

// word is an outcome as a column shows it.
func (o Outcome) word() string {
	switch o {
	case Holds:
		return "holds"
	case Broken:
		return "BROKEN"
	case NotRun:
		return "not run"
	case CouldNotLook:
		return "NO LOOK"
	}
	return "?"
}

// WriteResult writes one result as lines: what it is, and of a broken one what was seen, the usual
// causes and how to look again.
func WriteResult(w io.Writer, r Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %-28s %7s  %s\n", r.Outcome.word(), Line(r.ID), seconds(r.Seconds), Line(r.Promise))
	if r.Outcome == NotRun || r.Outcome == CouldNotLook {
		waived := ""
		if r.Waived {
			waived = " (allowed)"
		}
		indent(&b, "why", Clip(r.Reason, reasonClipped)+waived)
	}
	for _, note := range r.Notes {
		indent(&b, "", Clip(note, reasonClipped))
	}
	for _, broken := range r.Breaks {
		indent(&b, broken.Clause, Clip(broken.Saw, clipped))
	}
	for _, c := range r.Causes {
		indent(&b, "usual cause", c.Cause)
		indent(&b, "fix", c.Fix)
	}
	if r.Evidence != "" {
		indent(&b, "evidence", r.Evidence)
	}
	if r.Repeat != "" {
		indent(&b, "again", "sh "+r.Repeat)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// indent writes a label and a text, whose further lines stand below its first.
func indent(b *strings.Builder, label, text string) {
	const margin = 22
	text = strings.TrimRight(Printable(text), "\n")
	text = strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", margin))
	fmt.Fprintf(b, "%*s%-*s%s\n", 9, "", margin-9, Line(label), text)
}

// String is a layer as people look for it: by the line of the Dockerfile, or else by the entry of the history.
func (l Layer) String() string {
	if l.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", l.File, l.Line, Clip(l.CreatedBy, 200))
	}
	return fmt.Sprintf("history entry %d: %s", l.Entry, Clip(l.CreatedBy, 200))
}

// WriteSummary writes what the run was, where its time went, and as its last line the verdict.
func WriteSummary(w io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nimage    %s %s %s\n", Line(r.Image.Reference), Line(r.Image.ID), Line(r.Image.Platform))
	engine := r.Engine.Name
	if r.Engine.Version != "" {
		engine += " " + r.Engine.Version + " at " + r.Engine.Host
	}
	fmt.Fprintf(&b, "engine   %s\n", Line(engine))
	fmt.Fprintf(&b, "checks   %s, contract %s\n", Line(r.Tool.Version), Line(short(r.Tool.Contract)))
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "finding  %s: %s\n", Line(f.Object), Line(f.Saw))
	}
	for _, res := range r.Results {
		if res.Layer != nil {
			fmt.Fprintf(&b, "layer    %s is broken by %s\n", Line(res.ID), Line(res.Layer.String()))
		}
	}
	if s := r.SelfTest; s != nil {
		for _, fault := range s.Survived {
			fmt.Fprintf(&b, "blind    %s: no check saw this fault\n", Line(Clip(fault, reasonClipped)))
		}
	}
	fmt.Fprintf(&b, "time     %s%s%s\n", seconds(r.Seconds), r.made(), r.longest())
	fmt.Fprintf(&b, "\n%s\n", Line(r.Line()))
	_, err := io.WriteString(w, b.String())
	return err
}

// made says how many containers the run made, if any.
func (r Report) made() string {
	switch r.Containers {
	case 0:
		return ""
	case 1:
		return " in 1 container"
	}
	return fmt.Sprintf(" in %d containers", r.Containers)
}

// longest names the checks that took longest, where that can be felt.
func (r Report) longest() string {
	slow := r.Slowest(3)
	if len(slow) == 0 || slow[0].Seconds < 0.1 {
		return ""
	}
	var list []string
	for _, s := range slow {
		list = append(list, s.ID+" "+seconds(s.Seconds))
	}
	return "; longest: " + Line(strings.Join(list, ", "))
}

// short is a digest as a person compares it.
func short(digest string) string {
	digest = strings.TrimPrefix(digest, "sha256:")
	return digest[:min(12, len(digest))]
}

func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}
