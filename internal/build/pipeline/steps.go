package pipeline

import (
	"fmt"
	"io"
	"time"
)

// Step is a piece of work and how long it took.
type Step struct {
	Name string
	Took time.Duration
	Err  error
}

// Steps records steps in their order.
type Steps struct {
	done []Step
	now  func() time.Time // nil: time.Now
}

// Do runs and records one step.
func (s *Steps) Do(name string, work func() error) error {
	now := s.now
	if now == nil {
		now = time.Now
	}
	start := now()
	err := work()
	s.done = append(s.done, Step{Name: name, Took: now().Sub(start), Err: err})
	return err
}

// Table writes one line a step and the sum.
func (s *Steps) Table(w io.Writer) {
	var sum time.Duration
	width := len("total")
	for _, step := range s.done {
		width = max(width, len(step.Name))
	}
	for _, step := range s.done {
		mark := ""
		if step.Err != nil {
			mark = "  FAILED"
		}
		fmt.Fprintf(w, "  %-*s %8s%s\n", width, step.Name, seconds(step.Took), mark)
		sum += step.Took
	}
	fmt.Fprintf(w, "  %-*s %8s\n", width, "total", seconds(sum))
}

func seconds(d time.Duration) string {
	if d >= time.Minute {
		return fmt.Sprintf("%dm%04.1fs", int(d.Minutes()), (d % time.Minute).Seconds())
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}
