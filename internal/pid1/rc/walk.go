package rc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
)

// ErrSkipped is the outcome of a service that was not visited because one before it failed.
var ErrSkipped = errors.New("skipped")

// Walk visits each name once, in a goroutine of its own, as soon as those that before gives for it
// are done; names outside the set do not hold anything up. What comes after a failure is skipped.
// It returns the failures by name. before must have no cycle.
func Walk(ctx context.Context, set []string, before func(string) []string, visit func(context.Context, string) error) map[string]error {
	w := walk{done: map[string]chan struct{}{}, failed: map[string]error{}}
	for _, name := range set {
		w.done[name] = make(chan struct{})
	}
	var all sync.WaitGroup
	for _, name := range set {
		all.Go(func() {
			defer close(w.done[name])
			err := w.await(before(name))
			if err == nil {
				err = visit(ctx, name)
			}
			if err != nil {
				w.fail(name, err)
			}
		})
	}
	all.Wait()
	return maps.Clone(w.failed)
}

type walk struct {
	done   map[string]chan struct{}
	mu     sync.Mutex
	failed map[string]error
}

func (w *walk) fail(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed[name] = err
}

func (w *walk) await(names []string) error {
	var err error
	for _, name := range names {
		done, ok := w.done[name]
		if !ok {
			continue
		}
		<-done
		w.mu.Lock()
		if w.failed[name] != nil && err == nil {
			err = fmt.Errorf("%w: %q did not come up", ErrSkipped, name)
		}
		w.mu.Unlock()
	}
	return err
}
