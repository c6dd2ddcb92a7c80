package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

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

// image plans the boots of our image: on an empty volume, and on one that an earlier container has
// filled, so that all files are the user's own.
func (p *plan) image(ctx context.Context, image string) error {
	full := filepath.Join(p.dir, "full")
	if len(p.only) == 0 || strings.Contains(strings.Join(p.only, ","), figures.BootFull) {
		if err := fill(ctx, p.engine, image, full); err != nil {
			return err
		}
	}
	volumes := 0
	p.add(measure.Ours, func(ctx context.Context) ([]float64, error) {
		volumes++
		return boot(ctx, p.engine, image, filepath.Join(p.dir, fmt.Sprintf("empty%02d", volumes)))
	}, figures.BootEmpty)
	p.add(measure.Ours, func(ctx context.Context) ([]float64, error) { return boot(ctx, p.engine, image, full) }, figures.BootFull)
	// Both figures come from one container: who is asked first in a round starts it.
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
	return nil
}

// fill boots once, so that the volume is set up, and adds the files.
func fill(ctx context.Context, e *engine.Engine, image, volume string) error {
	if _, err := boot(ctx, e, image, volume); err != nil {
		return err
	}
	script := fmt.Sprintf(`cd /opt/data && for d in $(seq %d); do mkdir -p sessions/d$d && cd sessions/d$d && touch $(seq %d) && cd ../.. || exit 1; done`,
		fullVolume/perDir, perDir)
	_, err := inContainer(ctx, e, image, volume, "sh", "-c", script)
	return err
}

// boot starts a container whose CMD prints how long ago PID 1 started, and returns that in milliseconds. Both clocks
// are the kernel's and tick a hundred times a second.
func boot(ctx context.Context, e *engine.Engine, image, volume string) ([]float64, error) {
	if err := os.MkdirAll(volume, 0o755); err != nil {
		return nil, err
	}
	out, err := inContainer(ctx, e, image, volume, "cat", "/proc/uptime", "/proc/1/stat")
	if err != nil {
		return nil, err
	}
	ms, err := sinceStart(out)
	return []float64{ms}, err
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
