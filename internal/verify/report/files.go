package report

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"caduceus/internal/junit"
)

// WriteJSON writes the whole report.
func WriteJSON(w io.Writer, r Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteJUnit writes the report as JUnit XML, a suite for each tier. What was not run is skipped where that was
// allowed, and an error where it was not: a green page would say more than was proved.
func WriteJUnit(w io.Writer, r Report) error {
	var cases []junit.Case
	for _, res := range r.Results {
		c := junit.Case{Suite: res.Tier, Name: res.ID, Took: time.Duration(res.Seconds * float64(time.Second))}
		switch {
		case res.Outcome == Holds:
		case res.Outcome == Broken:
			var b strings.Builder
			if err := WriteResult(&b, res); err != nil {
				return err
			}
			c.Failure = b.String()
		case res.Outcome == NotRun && res.Waived:
			c.Skipped = res.Reason
		default:
			c.Error = string(res.Outcome) + ": " + res.Reason
		}
		cases = append(cases, c)
	}
	return junit.Write(w, "hermes-verify "+r.Image.Reference, cases)
}
