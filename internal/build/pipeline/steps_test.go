package pipeline

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestTheTableOfStepsAddsUp(t *testing.T) {
	clock := time.Unix(0, 0)
	s := Steps{now: func() time.Time { return clock }}
	work := func(d time.Duration, err error) func() error {
		return func() error {
			clock = clock.Add(d)
			return err
		}
	}
	broken := errors.New("broken")
	if err := s.Do("engine", work(300*time.Millisecond, nil)); err != nil {
		t.Fatal(err)
	}
	if err := s.Do("image full", work(4*time.Minute+7*time.Second, broken)); !errors.Is(err, broken) {
		t.Fatalf("want the step's error, got %v", err)
	}
	var b strings.Builder
	s.Table(&b)
	want := "  engine         0.3s\n  image full  4m07.0s  FAILED\n  total       4m07.3s\n"
	if b.String() != want {
		t.Errorf("want\n%s\ngot\n%s", want, b.String())
	}
}
