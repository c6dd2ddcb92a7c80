package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/build/verdict"
)

// job is a gate and the container in which it runs.
type job struct {
	name      string // of the gate, and of its folder of results
	container *dagger.Container
	command   []string
	counts    verdict.Counts // runs of what counts are never taken from the cache
	root      bool           // it needs all capabilities: namespaces, mounts, control groups
	lane      lane
}

// lane is what gates share that wait for each other, on one engine: a volume that one
// container holds at a time. Two lanes keep a machine of two cores busy, and no test waits
// for its turn longer than its limit allows.
type lane string

const (
	sourceLane lane = "source" // lint, and tests of the source
	imageLane  lane = "image"  // container tests
)

func (l lane) volume() *dagger.CacheVolume { return dag.CacheVolume("caduceus-results-" + string(l)) }

// resultsPath is where a gate leaves its results, a volume of its lane.
const resultsPath = "/results"

// exec is the container after the gate.
func (j job) exec() *dagger.Container {
	c := j.container.WithMountedCache(resultsPath, j.lane.volume(), dagger.ContainerWithMountedCacheOpts{Sharing: dagger.CacheSharingModeLocked})
	if j.counts != verdict.Nothing {
		c = c.With(fresh)
	}
	args := append([]string{"ci/gate.sh", j.name}, j.command...)
	return c.WithExec(args, dagger.ContainerWithExecOpts{InsecureRootCapabilities: j.root})
}

// run runs the gate and judges it.
func (j job) run(ctx context.Context) verdict.Verdict { return j.judge(ctx, j.exec()) }

// judge judges the gate by the container after it.
func (j job) judge(ctx context.Context, after *dagger.Container) verdict.Verdict {
	r := verdict.Run{Gate: j.name, Counts: j.counts}
	r.Log, r.Err = after.Stdout(ctx)
	// Where nothing ran, the exit code is 0 or below it, and the error itself says why.
	if failed, ok := errors.AsType[*dagger.ExecError](r.Err); ok && failed.ExitCode > 0 {
		r.Log, r.Code, r.Err = failed.Stdout, failed.ExitCode, nil
	}
	return verdict.Judge(r)
}

// one is a function's answer for a single gate.
func one(ctx context.Context, j job, err error) (string, error) {
	if err != nil {
		return "", verdict.Plain(fmt.Errorf("%s: cannot begin: %w", j.name, err))
	}
	return verdict.Report([]verdict.Verdict{j.run(ctx)})
}

// Check format, source, scripts and workflows.
//
// +check
// +cache="session"
func (m *Caduceus) Lint(ctx context.Context) (string, error) {
	j, err := m.lint(ctx)
	return one(ctx, j, err)
}

func (m *Caduceus) lint(ctx context.Context) (job, error) {
	c, err := m.toolchain(ctx)
	return job{name: "lint", container: c, command: mage("lint"), lane: sourceLane}, err
}

// Run the tests that need neither a Docker engine nor the image, without root capabilities.
//
// What they have to skip without them, test-init runs.
//
// +check
// +cache="never"
func (m *Caduceus) TestUnit(ctx context.Context) (string, error) {
	j, err := m.testUnit(ctx)
	return one(ctx, j, err)
}

func (m *Caduceus) testUnit(ctx context.Context) (job, error) {
	c, err := m.toolchain(ctx)
	return job{name: "test-unit", container: c, command: mage("test:unit"), counts: verdict.Tests, lane: sourceLane}, err
}

// Run the init against Debian's s6 clients, and the tests of the source that need root.
//
// +check
// +cache="never"
func (m *Caduceus) TestInit(ctx context.Context) (string, error) {
	j, err := m.testInit(ctx)
	return one(ctx, j, err)
}

func (m *Caduceus) testInit(ctx context.Context) (job, error) {
	c, err := m.toolchain(ctx)
	return job{name: "test-init", container: c, command: mage("test:s6", "test:root"), counts: verdict.Tests, root: true, lane: sourceLane}, err
}

func mage(targets ...string) []string { return append([]string{"go", "tool", "mage"}, targets...) }

// Run all gates side by side, for both variants of the image, and report all that fail.
//
// +cache="never"
func (m *Caduceus) Check(
	ctx context.Context,
	// Image to build on, as "registry.example/mirror/debian:13.4"; by default the Dockerfile's own
	// +optional
	base *string,
) (string, error) {
	from, err := given("base", base)
	if err != nil {
		return "", err
	}
	gates := []func() (job, error){
		func() (job, error) { return m.lint(ctx) },
		func() (job, error) { return m.testUnit(ctx) },
		func() (job, error) { return m.testInit(ctx) },
		func() (job, error) { return m.testBuilt(ctx, VariantFull, from, "dev", "") },
		func() (job, error) { return m.testBuilt(ctx, VariantSlim, from, "dev", "") },
	}
	verdicts := make([]verdict.Verdict, len(gates))
	var all sync.WaitGroup
	for i, begin := range gates {
		all.Go(func() {
			j, err := begin()
			if err != nil {
				verdicts[i] = verdict.Judge(verdict.Run{Gate: j.name, Counts: j.counts, Err: err})
				return
			}
			verdicts[i] = j.run(ctx)
		})
	}
	all.Wait()
	return verdict.Report(verdicts)
}

// Give back what the gates left that ran last on this engine, one folder a gate: log.txt,
// JUnit files, the evidence of failed checks, exit-code.
//
// It runs nothing and does not fail for what failed. A gate that still runs is waited for.
//
// +cache="never"
func (m *Caduceus) Results(ctx context.Context) (*dagger.Directory, error) {
	c, err := m.toolchain(ctx, "go.mod")
	if err != nil {
		return nil, verdict.Plain(err)
	}
	const collect = `mkdir -p /out && for lane in /lanes/*; do cp -a "$lane/." /out/; done && rm -rf /out/lost+found && ls /out`
	for _, l := range []lane{sourceLane, imageLane} {
		c = c.WithMountedCache("/lanes/"+string(l), l.volume(), dagger.ContainerWithMountedCacheOpts{Sharing: dagger.CacheSharingModeLocked})
	}
	c = c.With(fresh).WithExec([]string{"sh", "-c", collect})
	names, err := c.Stdout(ctx)
	if err != nil {
		return nil, verdict.Plain(err)
	}
	if names == "" {
		return nil, errors.New("no gate has run on this engine: run \"dagger call check\", or one of its gates, first")
	}
	return c.Directory("/out"), nil
}
