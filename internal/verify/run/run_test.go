package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"caduceus/internal/verify/report"
)

// look is a check of the tests.
type look struct {
	run    func(ctx context.Context) error
	breaks []report.Break
	blind  bool
	left   error
	kept   *atomic.Int64
	closed *atomic.Int64
}

func (l look) Run(ctx context.Context) ([]report.Break, error) { return l.breaks, l.run(ctx) }
func (l look) Looked() bool                                    { return !l.blind }
func (l look) Notes() []string                                 { return []string{"noted"} }

func (l look) Keep(context.Context, report.Result) (folder, repeat string, err error) {
	l.kept.Add(1)
	return "folder", "folder/repeat.sh", nil
}

func (l look) Close(context.Context) error {
	l.closed.Add(1)
	return l.left
}

func TestOnlyALookThatSawHolds(t *testing.T) {
	broken := report.Break{Clause: "IMG-01", Saw: "saw"}
	nothing := func(context.Context) error { return nil }
	for name, tc := range map[string]struct {
		look    look
		outcome report.Outcome
		reason  string
		breaks  int
	}{
		"no error":                     {look{run: func(context.Context) error { return nil }}, report.Holds, "", 0},
		"a break":                      {look{run: nothing, breaks: []report.Break{broken}}, report.Broken, "", 1},
		"the same break twice":         {look{run: func(context.Context) error { return errors.New("x") }, breaks: []report.Break{broken, broken}}, report.Broken, "", 1},
		"an error without a break":     {look{run: func(context.Context) error { return errors.New("the engine went away") }}, report.CouldNotLook, "the engine went away", 0},
		"a panic":                      {look{run: func(context.Context) error { panic("index out of range") }}, report.CouldNotLook, "the check itself failed: index out of range", 0},
		"a check that asks nothing":    {look{run: func(context.Context) error { return nil }, blind: true}, report.CouldNotLook, "the check asked neither the engine nor the image anything", 0},
		"containers that stay behind":  {look{run: func(context.Context) error { return nil }, left: errors.New("busy")}, report.CouldNotLook, "not all was removed: busy", 0},
		"a break and a container left": {look{run: nothing, breaks: []report.Break{broken}, left: errors.New("busy")}, report.Broken, "not all was removed: busy", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var kept, closed atomic.Int64
			tc.look.kept, tc.look.closed = &kept, &closed
			got := All(t.Context(), []Case{{
				Result: report.Result{ID: "x"}, Causes: []report.Cause{{Cause: "c", Fix: "f"}}, Begin: func() Look { return tc.look },
			}}, Options{})[0]
			if got.Outcome != tc.outcome || got.Reason != tc.reason || len(got.Breaks) != tc.breaks {
				t.Errorf("got %+v", got)
			}
			if closed.Load() != 1 {
				t.Errorf("closed %d times", closed.Load())
			}
			if (len(got.Causes) > 0) != (got.Outcome == report.Broken) {
				t.Errorf("causes %v of %s", got.Causes, got.Outcome)
			}
		})
	}
}

func TestALimitIsNoProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept, closed atomic.Int64
		slow := look{run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, kept: &kept, closed: &closed}
		got := All(t.Context(), []Case{{Begin: func() Look { return slow }}}, Options{Check: time.Minute})[0]
		if got.Outcome != report.CouldNotLook || !strings.HasPrefix(got.Reason, "no answer within 1m0s") || got.Seconds != 60 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestWhatWasNotReachedIsCounted(t *testing.T) {
	var kept, closed, ran atomic.Int64
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	cases := make([]Case, 20)
	for i := range cases {
		cases[i] = Case{Result: report.Result{ID: fmt.Sprint(i)}, Begin: func() Look {
			return look{run: func(context.Context) error {
				if ran.Add(1) == 3 {
					stop(errors.New("interrupted"))
				}
				return nil
			}, kept: &kept, closed: &closed}
		}}
	}
	results := All(ctx, cases, Options{Parallel: 1})
	v := report.Judge(results, nil)
	if len(results) != 20 || v.Holds != 3 || v.NotRun != 17 || v.Code() != report.CodeNotProved {
		t.Errorf("got %+v", v)
	}
	if results[19].ID != "19" || results[19].Reason != "not reached: interrupted" {
		t.Errorf("got %+v", results[19])
	}
}

func TestACaseThatCannotRunKeepsItsReason(t *testing.T) {
	got := All(t.Context(), []Case{
		{Result: report.Result{Outcome: report.NotRun, Reason: "needs root"}},
		{Result: report.Result{ID: "no way"}},
	}, Options{})
	if got[0].Outcome != report.NotRun || got[0].Reason != "needs root" || got[1].Outcome != report.CouldNotLook {
		t.Errorf("got %+v", got)
	}
}
