package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"caduceus/bench/figures"
	"caduceus/bench/measure"
	"caduceus/internal/engine"
)

// unpack writes the root directory of an image to root.
func unpack(ctx context.Context, e *engine.Engine, image, root string) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	tar, err := os.Create(root + ".tar")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tar.Name()) }()
	if err := errors.Join(export(ctx, e, image, tar), tar.Close()); err != nil {
		return err
	}
	_, err = output(ctx, "tar", "-x", "-C", root, "-f", tar.Name())
	return err
}

const (
	fullVolume = 100_000 // files of a volume with many
	perDir     = 1000    // of them in each directory
)

// image plans what is measured of containers of our image, or of an earlier one: the boot on an empty volume, and on
// volumes that an earlier container has set up, so that all files are the user's own; and what an idle container takes.
func (p *plan) image(ctx context.Context, subject, image string) error {
	c := containers{engine: p.engine, image: image, dir: filepath.Join(p.dir, subject), used: filepath.Join(p.dir, subject, "used")}
	if p.wants(figures.BootFull) {
		full := filepath.Join(c.dir, "full")
		if err := c.fill(ctx, full); err != nil {
			return err
		}
		p.add(subject, func(ctx context.Context) ([]float64, error) { return c.boot(ctx, full) }, figures.BootFull)
	}
	if p.wants(figures.BootUsed, figures.BootFull, figures.RunTrue, figures.StopImage, figures.PSSImage(5), figures.PSSImage(200), figures.IdleCPU) {
		if _, err := c.boot(ctx, c.used); err != nil {
			return err
		}
	}
	volumes := 0
	p.add(subject, func(ctx context.Context) ([]float64, error) {
		volumes++
		return c.boot(ctx, filepath.Join(c.dir, fmt.Sprintf("empty%02d", volumes)))
	}, figures.BootEmpty)
	p.add(subject, func(ctx context.Context) ([]float64, error) { return c.boot(ctx, c.used) }, figures.BootUsed)
	p.add(subject, timed(func(ctx context.Context) (time.Duration, error) { return c.runTrue(ctx, "") }), figures.RunTrue)
	if subject == measure.Ours {
		p.add(figures.UsedVolume, func(ctx context.Context) ([]float64, error) { return c.boot(ctx, c.used) }, figures.BootFull)
		tini, err := exec.LookPath(figures.Anchor)
		if err != nil {
			return err
		}
		p.add(figures.TiniInside, timed(func(ctx context.Context) (time.Duration, error) { return c.runTrue(ctx, tini) }), figures.RunTrue)
	}
	p.add(subject, timed(c.stop), figures.StopImage)
	for _, load := range []figures.Load{5, 200} {
		p.add(subject, func(ctx context.Context) ([]float64, error) { return c.footprint(ctx, int(load)) }, figures.PSSImage(load))
	}
	if p.idle {
		p.add(subject, c.minute, figures.IdleCPU)
	}
	return nil
}

// health plans the cost of the health check of our image, beside that of the engine's own exec. Both figures come from one
// container: who is asked first in a round starts it.
func (p *plan) health(image string) {
	var pair [2]float64
	taken := false
	for i, subject := range []string{measure.Ours, figures.ExecTrue} {
		p.add(subject, func(ctx context.Context) (ms []float64, err error) {
			if taken = !taken; taken {
				pair[0], pair[1], err = healthExec(ctx, p.engine, image)
			}
			return pair[i : i+1], err
		}, figures.HealthExec)
	}
}

// containers are those of one image.
type containers struct {
	engine *engine.Engine
	image  string
	dir    string // with the volumes
	used   string // a volume that was booted before
}

// fill boots once, so that the volume is set up, and adds the files.
func (c containers) fill(ctx context.Context, volume string) error {
	if _, err := c.boot(ctx, volume); err != nil {
		return err
	}
	script := fmt.Sprintf(`cd /opt/data && for d in $(seq %d); do mkdir -p sessions/d$d && cd sessions/d$d && touch $(seq %d) && cd ../.. || exit 1; done`,
		fullVolume/perDir, perDir)
	_, _, err := inContainer(ctx, c.engine, c.on(volume, "sh", "-c", script))
	return err
}

// on is a container with the volume as its data directory.
func (c containers) on(volume string, cmd ...string) spec {
	return spec{image: c.image, cmd: cmd, binds: []string{volume + ":/opt/data"}}
}

// boot starts a container whose CMD prints how long ago PID 1 started, and returns that in milliseconds. Both clocks
// are the kernel's and tick a hundred times a second.
func (c containers) boot(ctx context.Context, volume string) ([]float64, error) {
	if err := os.MkdirAll(volume, 0o755); err != nil {
		return nil, err
	}
	out, _, err := inContainer(ctx, c.engine, c.on(volume, "cat", "/proc/uptime", "/proc/1/stat"))
	if err != nil {
		return nil, err
	}
	ms, err := sinceStart(out)
	return []float64{ms}, err
}

// runTrue measures a container that runs true, from its start to its end as the engine sees it: with the entry point of the
// image, or with a tini of the host in its place.
func (c containers) runTrue(ctx context.Context, tini string) (took time.Duration, err error) {
	run := c.on(c.used, "true")
	if tini != "" {
		run.entrypoint, run.binds = []string{"/tini", "--"}, append(run.binds, tini+":/tini:ro")
	}
	_, took, err = inContainer(ctx, c.engine, run)
	return took, err
}

// Services of hermes beside those of the image, and how long a container with all of them up is left alone.
const (
	serviceRun = "#!/bin/sh\nexec sleep 100000\n"
	settling   = 4 * time.Second // after 2 s they give back what starts took
	idleTime   = time.Minute
)

var serviceWords = []string{"sleep", "100000"} //nolint:gochecknoglobals // not changed

// start starts an idle container with services and lets it settle.
func (c containers) start(ctx context.Context, services int) (*idle, error) {
	dir := filepath.Join(c.dir, fmt.Sprintf("services%d", services))
	for i := range services {
		service := filepath.Join(dir, fmt.Sprintf("s%03d", i))
		if err := errors.Join(
			os.MkdirAll(service, 0o755),
			os.WriteFile(filepath.Join(service, "run"), []byte(serviceRun), 0o755),
		); err != nil {
			return nil, err
		}
	}
	running, err := startIdle(ctx, c.engine, c.image, c.used, dir, services)
	if err != nil {
		return nil, err
	}
	if err := rest(ctx, settling); err != nil {
		return nil, errors.Join(err, running.remove(ctx))
	}
	return running, nil
}

// stop measures the stop of an idle container, from SIGTERM to the end of PID 1.
func (c containers) stop(ctx context.Context) (took time.Duration, err error) {
	running, err := c.start(ctx, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, running.remove(ctx)) }()
	return running.Stopped(ctx)
}

// footprint measures the memory of all supervisors of an idle container, in kB.
func (c containers) footprint(ctx context.Context, services int) (_ []float64, err error) {
	running, err := c.start(ctx, services)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, running.remove(ctx)) }()
	pss, err := running.PSS()
	return []float64{float64(pss)}, err
}

// minute measures the share of a processor that all supervisors of an idle container use in a minute, in percent.
func (c containers) minute(ctx context.Context) (_ []float64, err error) {
	running, err := c.start(ctx, 5)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, running.remove(ctx)) }()
	before, err := running.CPU()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := rest(ctx, idleTime); err != nil {
		return nil, err
	}
	after, err := running.CPU()
	return []float64{100 * float64(after-before) / float64(time.Since(began))}, err
}

// rest lets d pass, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sinceStart reads /proc/uptime and /proc/1/stat, the last two lines of what a container printed: the
// boot scripts wrote theirs before.
func sinceStart(text string) (float64, error) {
	lines := append([]string{"", ""}, strings.Split(strings.TrimSpace(text), "\n")...)
	uptime, stat := lines[len(lines)-2], lines[len(lines)-1]
	now := strings.Fields(uptime)
	// The second field is a name in parentheses, and may hold anything.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const startTime = 22 - 3 // of the fields behind the name
	if len(now) != 2 || len(fields) <= startTime {
		return 0, fmt.Errorf("cannot read the times of PID 1 from %q", text)
	}
	up, err := strconv.ParseFloat(now[0], 64)
	if err != nil {
		return 0, fmt.Errorf("cannot read the uptime from %q: %w", uptime, err)
	}
	ticks, err := strconv.ParseFloat(fields[startTime], 64)
	if err != nil {
		return 0, fmt.Errorf("cannot read the start of PID 1 from %q: %w", stat, err)
	}
	const perSecond = 100 // USER_HZ, the same on all architectures of Debian
	return (up - ticks/perSecond) * 1000, nil
}
