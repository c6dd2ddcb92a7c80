package figures

import (
	"errors"
	"slices"
)

// Summary sums up many samples of one figure.
type Summary struct {
	N      int     `json:"n" schema:"min=1"`
	Median float64 `json:"median"`
	Low    float64 `json:"low" schema:"doc=first quartile"`
	High   float64 `json:"high" schema:"doc=third quartile"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// ErrNoSamples is returned for a figure that was never measured.
var ErrNoSamples = errors.New("no samples")

// Summarize returns the median and the spread. Quantiles between two samples are interpolated.
func Summarize(samples []float64) (Summary, error) {
	if len(samples) == 0 {
		return Summary{}, ErrNoSamples
	}
	s := slices.Sorted(slices.Values(samples))
	return Summary{
		N: len(s), Median: quantile(s, 0.5), Low: quantile(s, 0.25), High: quantile(s, 0.75), Min: s[0], Max: s[len(s)-1],
	}, nil
}

// quantile of sorted samples.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Verdict compares a figure with its target.
type Verdict string

// Verdicts. None is for a row without target.
const (
	Met    Verdict = "met"
	Missed Verdict = "missed"
	None   Verdict = ""
)

// Judge reports whether a median meets the target, given that of the anchor.
func Judge(t *Target, median, anchor float64) Verdict {
	if t == nil {
		return None
	}
	value := median
	switch {
	case (t.Ratio || t.Beyond) && anchor <= 0:
		return None
	case t.Ratio:
		value = median / anchor
	case t.Beyond:
		value = max(median-anchor, 0)
	}
	if value < t.AtLeast || value > t.AtMost {
		return Missed
	}
	return Met
}
