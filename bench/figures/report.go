package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Schema names the form of the JSON report.
const Schema = "caduceus.bench/v1"

// Samples are the raw figures: of a measure, of a subject.
type Samples map[string]map[string][]float64

// Add adds one sample.
func (s Samples) Add(measure, subject string, value float64) {
	if s[measure] == nil {
		s[measure] = map[string][]float64{}
	}
	s[measure][subject] = append(s[measure][subject], value)
}

// Expected is what must have samples: the subjects of each measure.
type Expected map[string][]string

// Host is where the samples come from.
type Host struct {
	Kernel     string `json:"kernel"`
	CPUs       int    `json:"cpus" schema:"min=1"`
	LoadBefore string `json:"load_before" schema:"doc=averages over 1, 5 and 15 minutes"`
	LoadAfter  string `json:"load_after"`
	Realtime   bool   `json:"realtime" schema:"doc=the inits ran before all other work"`
}

// Report is all that one run found.
type Report struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time"`
	Host   Host      `json:"host"`
	Runs   int       `json:"runs" schema:"min=1"`
	Ours   string    `json:"ours" schema:"doc=the subject that the targets are for"`
	Anchor string    `json:"anchor" schema:"doc=the subject that ratios of inits are to"`
	Rows   []Row     `json:"rows" schema:"minItems=1"`
}

// Row is one measure of all subjects that have it.
type Row struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Unit   string  `json:"unit" schema:"enum=ms|kB|%|"`
	Target *Target `json:"target,omitempty"`
	Anchor string  `json:"anchor" schema:"doc=the subject that ratios of this row are to"`
	Cells  []Cell  `json:"cells" schema:"minItems=1"`
}

// Cell is the figure of one subject.
type Cell struct {
	Subject string `json:"subject"`
	Summary
	Ratio   float64 `json:"ratio,omitempty" schema:"doc=of medians, to the anchor"`
	Verdict Verdict `json:"verdict,omitempty" schema:"enum=met|missed"`
}

// Build makes the rows. A figure that is expected and has no sample is an error, and so is a sample
// that nobody expects.
func Build(ours string, expected Expected, samples Samples) ([]Row, error) {
	var rows []Row
	known := map[string]bool{}
	for _, m := range Measures() {
		known[m.ID] = true
		subjects := expected[m.ID]
		for subject := range samples[m.ID] {
			if !slices.Contains(subjects, subject) {
				return nil, fmt.Errorf("cannot place the samples of %q for %q: not expected", m.ID, subject)
			}
		}
		if len(subjects) == 0 {
			continue
		}
		row := Row{ID: m.ID, Title: m.Title, Unit: m.Unit, Target: m.Target, Anchor: m.Anchor}
		for _, subject := range subjects {
			s, err := Summarize(samples[m.ID][subject])
			if err != nil {
				return nil, fmt.Errorf("cannot report %q of %q: %w", m.ID, subject, err)
			}
			row.Cells = append(row.Cells, Cell{Subject: subject, Summary: s})
		}
		judge(&row, ours)
		rows = append(rows, row)
	}
	for id := range samples {
		if !known[id] {
			return nil, fmt.Errorf("cannot place the samples of %q: no such measure", id)
		}
	}
	if len(rows) == 0 {
		return nil, ErrNoSamples
	}
	return rows, nil
}

// judge adds ratios and the verdict on ours. A ratio is that of the whole figures: nothing that all
// inits have in common is taken off first.
func judge(row *Row, ours string) {
	var anchor float64
	for _, c := range row.Cells {
		if c.Subject == row.Anchor {
			anchor = c.Median
		}
	}
	for i := range row.Cells {
		c := &row.Cells[i]
		if anchor > 0 {
			c.Ratio = c.Median / anchor
		}
		if c.Subject == ours {
			c.Verdict = Judge(row.Target, c.Median, anchor)
		}
	}
}

// JSON writes the report for programs.
func (r Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
