package run

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"caduceus/internal/verify/report"
)

// Case is a check that is ready to run.
type Case struct {
	Result report.Result // ID, tier, promise and clauses; for one that cannot run, outcome and reason, too
	Causes []report.Cause
	// Begin opens what the check looks at. Of a Case that cannot run it is nil.
	Begin func() Look
}

// Look is one check while it runs.
type Look interface {
	// Run looks. It returns the clauses found broken; without one, an error is that it could not look.
	Run(ctx context.Context) ([]report.Break, error)
	// Looked reports whether it asked the engine or the image anything at all.
	Looked() bool
	// Notes are what it did and saw, in words.
	Notes() []string
	// Keep leaves evidence of what it saw; it returns the folder, and a script that shows it again, "" for none.
	Keep(ctx context.Context, r report.Result) (folder, repeat string, err error)
	// Close removes what it made, also after ctx has ended.
	Close(ctx context.Context) error
}

// Watcher sees a run while it goes on. Its methods are called by several goroutines.
type Watcher interface {
	Begin(total int)
	Started(id string, now time.Time)
	Ended(r report.Result, now time.Time)
}

// Options say how to run.
type Options struct {
	Parallel int           // checks side by side, 0: 3
	Check    time.Duration // limit of one check, 0: 10 minutes
	Watcher  Watcher       // nil: nobody watches
}

// The zero values of Options.
const (
	defaultParallel = 3
	defaultLimit    = 10 * time.Minute
)

// All runs cases in their order and returns a result for each, in that order, whatever happens: when ctx ends,
// those that run end as "could not look" and those that did not begin as "not run".
func All(ctx context.Context, cases []Case, o Options) []report.Result {
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	if o.Check <= 0 {
		o.Check = defaultLimit
	}
	if o.Watcher == nil {
		o.Watcher = nobody{}
	}
	o.Watcher.Begin(len(cases))
	results := make([]report.Result, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range o.Parallel {
		workers.Go(func() {
			for i := range next {
				results[i] = one(ctx, cases[i], o)
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// one runs a case.
func one(ctx context.Context, c Case, o Options) report.Result {
	r := c.Result
	switch {
	case c.Begin == nil:
		if r.Outcome != report.NotRun {
			r.Outcome, r.Reason = report.CouldNotLook, "the check has no way to look"
		}
		o.Watcher.Ended(r, time.Now())
		return r
	case ctx.Err() != nil:
		r.Outcome, r.Reason = report.NotRun, fmt.Sprintf("not reached: %v", context.Cause(ctx))
		o.Watcher.Ended(r, time.Now())
		return r
	}
	began := time.Now()
	o.Watcher.Started(r.ID, began)
	limited, stop := context.WithTimeoutCause(ctx, o.Check, fmt.Errorf("no answer within %s", o.Check))
	defer stop()
	look := c.Begin()
	judge(limited, look, &r)
	r.Notes = look.Notes()
	if r.Outcome == report.Broken {
		r.Causes = c.Causes
	}
	if r.Outcome != report.Holds {
		folder, repeat, err := look.Keep(limited, r)
		r.Evidence, r.Repeat = folder, repeat
		if err != nil {
			r.Reason = joined(r.Reason, "some evidence is missing: "+err.Error())
		}
	}
	if err := look.Close(limited); err != nil {
		r.Reason = joined(r.Reason, "not all was removed: "+err.Error())
		if r.Outcome == report.Holds {
			r.Outcome = report.CouldNotLook
		}
	}
	r.Seconds = time.Since(began).Seconds()
	o.Watcher.Ended(r, time.Now())
	return r
}

// judge makes an outcome of what a check returns.
func judge(ctx context.Context, look Look, r *report.Result) {
	broken, err := safely(ctx, look)
	r.Breaks = once(broken)
	switch {
	case len(r.Breaks) > 0:
		r.Outcome = report.Broken
	case err != nil && ctx.Err() != nil:
		r.Outcome, r.Reason = report.CouldNotLook, fmt.Sprintf("%v: %v", context.Cause(ctx), err)
	case err != nil:
		r.Outcome, r.Reason = report.CouldNotLook, err.Error()
	case !look.Looked():
		r.Outcome, r.Reason = report.CouldNotLook, "the check asked neither the engine nor the image anything"
	default:
		r.Outcome = report.Holds
	}
}

// safely turns a panic of a check into an error.
func safely(ctx context.Context, look Look) (broken []report.Break, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the check itself failed: %v", p)
		}
	}()
	return look.Run(ctx)
}

// once leaves out what was found twice.
func once(broken []report.Break) []report.Break {
	var found []report.Break
	for _, b := range broken {
		if !slices.Contains(found, b) {
			found = append(found, b)
		}
	}
	return found
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

type nobody struct{}

func (nobody) Begin(int)                      {}
func (nobody) Started(string, time.Time)      {}
func (nobody) Ended(report.Result, time.Time) {}
