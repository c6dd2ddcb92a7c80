package cli

import (
	"context"
	"fmt"
	"time"

	"caduceus/internal/verify/report"
	"caduceus/internal/verify/static"
)

// staticRun reads an image without an engine. What holds here is not enough for "holds": how the image behaves was
// not looked at.
func staticRun(ctx context.Context, word string, r *report.Report) error {
	found, err := static.Open(ctx, word, hostArch)
	if err != nil {
		return err
	}
	image, err := static.Read(ctx, found)
	if err != nil {
		return fmt.Errorf("cannot read image %q: %w", word, err)
	}
	r.Image = report.Image{Reference: word, ID: image.ID, Platform: image.OS + "/" + image.Arch, Variant: image.Config.Labels["caduceus.variant"]}
	r.Engine = report.Engine{Name: "none"}
	for _, p := range static.Promises() {
		began := time.Now()
		res := report.Result{ID: p.ID, Tier: "static", Promise: p.Promise, Clauses: p.Clauses, Outcome: report.Holds}
		for _, b := range p.Look(image) {
			res.Outcome = report.Broken
			res.Breaks = append(res.Breaks, report.Break{Clause: b.Clause, Saw: b.Saw})
			if res.Layer == nil && b.Entry >= 0 && b.Entry < len(image.History) {
				res.Layer = &report.Layer{Entry: b.Entry, CreatedBy: image.History[b.Entry].CreatedBy}
			}
		}
		res.Seconds = time.Since(began).Seconds()
		r.Results = append(r.Results, res)
	}
	r.Results = append(r.Results, report.Result{
		ID: "behaviour", Tier: "static", Promise: "how the image behaves", Clauses: []string{}, Outcome: report.NotRun, Reason: "needs an engine",
	})
	r.Verdict = report.Judge(r.Results, nil)
	return nil
}
