package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caduceus/bench/figures"
	"caduceus/bench/measure"
	"caduceus/internal/engine"
)

// orphans is how many processes are left to PID 1 at once, readyFor how long a service has been up
// before it is killed.
const (
	orphans  = 1000
	readyFor = 1200 * time.Millisecond
)

// sampler takes one sample of each of its measures.
type sampler struct {
	subject  string
	measures []string
	take     func(ctx context.Context) ([]float64, error)
}

// plan is all that one round measures.
type plan struct {
	samplers []sampler
	expected figures.Expected
	only     []string
	dir      string
	realtime bool
	idle     bool // measure what takes a minute, too
	setups   int
	engine   *engine.Engine // nil where no image is measured
}

func makePlan(ctx context.Context, o options, dir string) (*plan, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("cannot run inits in namespaces as uid %d: run it as root", os.Geteuid())
	}
	subjects, err := measure.Subjects(o.init, exec.LookPath)
	if err != nil {
		return nil, err
	}
	p := &plan{expected: figures.Expected{}, dir: dir, realtime: o.realtime, idle: o.idle}
	if o.overlay+o.image != "" {
		if p.engine, err = engine.Find(ctx, os.Getenv); err != nil {
			return nil, err
		}
	}
	if o.overlay != "" {
		root := filepath.Join(dir, "image")
		if err := unpack(ctx, p.engine, o.overlay, root); err != nil {
			return nil, err
		}
		subjects = append(subjects, measure.Image(measure.S6Overlay, root))
	}
	if o.only != "" {
		p.only = strings.Split(o.only, ",")
	}
	for _, s := range subjects {
		if err := p.subject(s); err != nil {
			return nil, err
		}
	}
	for _, i := range []struct{ subject, image string }{{measure.Ours, o.image}, {figures.Before, o.before}} {
		if i.image == "" {
			continue
		}
		if err := p.image(ctx, i.subject, i.image); err != nil {
			return nil, err
		}
	}
	if o.image != "" {
		p.health(o.image)
	}
	for _, id := range p.only {
		if len(p.expected[id]) == 0 {
			return nil, fmt.Errorf("cannot measure %q alone: it needs -image%s", id, needsIdle(id))
		}
	}
	return p, nil
}

// needsIdle is what a measure needs beside -image.
func needsIdle(id string) string {
	if id == figures.IdleCPU {
		return " and -idle"
	}
	return ""
}

// wants reports whether any of the measures is wanted.
func (p *plan) wants(measures ...string) bool {
	return len(p.only) == 0 || slices.ContainsFunc(measures, func(m string) bool { return slices.Contains(p.only, m) })
}

// add puts a sampler into the plan, if any of its measures is wanted.
func (p *plan) add(subject string, take func(context.Context) ([]float64, error), measures ...string) {
	if !p.wants(measures...) {
		return
	}
	for _, m := range measures {
		p.expected[m] = append(p.expected[m], subject)
	}
	p.samplers = append(p.samplers, sampler{subject, measures, take})
}

// setup makes a setup in a directory of its own below that of this run.
func (p *plan) setup(s measure.Subject, load measure.Load) (*measure.Setup, error) {
	p.setups++
	root := filepath.Join(p.dir, fmt.Sprintf("setup%02d", p.setups))
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	return measure.NewSetup(root, s, load, p.realtime)
}

// timed makes a sampler of one time.
func timed(take func(context.Context) (time.Duration, error)) func(context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		d, err := take(ctx)
		return []float64{float64(d) / float64(time.Millisecond)}, err
	}
}

// subject plans all measures that one init has.
func (p *plan) subject(s measure.Subject) error {
	bare, err := p.setup(s, measure.Load{})
	if err != nil {
		return err
	}
	five, err := p.setup(s, measure.Load{Services: 5})
	if err != nil {
		return err
	}
	crowd, err := p.setup(s, measure.Load{Orphans: orphans})
	if err != nil {
		return err
	}
	if !s.Scandir {
		p.add(s.Name, timed(bare.Started), figures.Start)
		p.add(s.Name, func(ctx context.Context) ([]float64, error) {
			t, err := bare.Trace(ctx)
			return []float64{float64(t.Processes), float64(t.After), float64(t.Threads)}, err
		}, figures.Created, figures.CreatedAfter, figures.Threads)
		p.add(s.Name, timed(five.Started), figures.Start5)
	}
	p.add(s.Name, timed(bare.Stopped), figures.Stop0)
	p.add(s.Name, timed(five.Stopped), figures.Stop5)
	p.add(s.Name, timed(crowd.Reaped), figures.Orphans)
	if s.Image == "" {
		p.add(s.Name, func(context.Context) ([]float64, error) {
			size, err := s.Size()
			return []float64{float64(size) / 1000}, err
		}, figures.Size)
	}
	if err := p.footprints(s); err != nil || !s.Supervises {
		return err
	}
	return p.restarts(s)
}

func (p *plan) footprints(s measure.Subject) error {
	for _, load := range figures.Loads() {
		if load > 0 && !s.Supervises {
			break
		}
		setup, err := p.setup(s, measure.Load{Services: int(load)})
		if err != nil {
			return err
		}
		p.add(s.Name, func(ctx context.Context) ([]float64, error) {
			f, err := setup.Footprint(ctx)
			return []float64{float64(f.Processes), float64(f.PSS)}, err
		}, figures.Processes(load), figures.PSS(load))
	}
	return nil
}

func (p *plan) restarts(s measure.Subject) error {
	for id, ready := range map[string]bool{figures.Restart: false, figures.RestartReady: true} {
		setup, err := p.setup(s, measure.Load{Services: 1, Ready: ready})
		if err != nil {
			return err
		}
		p.add(s.Name, timed(func(ctx context.Context) (time.Duration, error) { return setup.Restarted(ctx, readyFor) }), id)
	}
	return nil
}

// measure takes the samples in rounds: each round takes one of each, and begins with another init
// than the one before, so that none always has the warm or the cold cache.
func (p *plan) measure(ctx context.Context, runs int, stderr io.Writer) (figures.Samples, error) {
	samples := figures.Samples{}
	for n := range runs {
		began := time.Now()
		for i := range p.samplers {
			s := p.samplers[(i+n*len(p.samplers)/runs)%len(p.samplers)]
			values, err := s.take(ctx)
			if err != nil {
				return nil, fmt.Errorf("cannot measure %q of %q: %w", s.measures[0], s.subject, err)
			}
			for j, id := range s.measures {
				samples.Add(id, s.subject, values[j])
			}
		}
		fmt.Fprintf(stderr, "bench: round %d of %d, %d samples in %.1f s, load average %s\n",
			n+1, runs, len(p.samplers), time.Since(began).Seconds(), load())
	}
	return samples, nil
}
