package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"caduceus/internal/engine"
	"caduceus/internal/verify/report"
)

// anchors is how many bare containers a round makes: enough for a mean, and a few seconds.
const anchors = 20

// tiers are what is measured, with what verify.md allows each on two cores.
func tiers() []tier {
	return []tier{{name: "smoke", seconds: 30}, {name: "core", seconds: 360, checks: 100, containers: 40}}
}

// tier is one of hermes-verify's, with its targets; 0: none.
type tier struct {
	name       string
	seconds    float64
	checks     int // at least
	containers int // at most
}

// sample is one run of a tier.
type sample struct {
	seconds    float64
	checks     int
	containers int
	line       string // the verdict, as a person reads it
	holds      bool
}

// samples are those of all rounds.
type samples struct {
	anchor []float64 // seconds a bare container, one a round
	tiers  map[string][]sample
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(progress)
	verifier := flags.String("verifier", "", "`program`: the hermes-verify to measure")
	image := flags.String("image", "", "`image` that it proves")
	rounds := flags.Int("runs", 5, "rounds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *verifier == "" || *image == "" || *rounds < 1 || flags.NArg() > 0 {
		return errors.New("want -verifier=PROGRAM -image=IMAGE, -runs=1 or more, and nothing else")
	}
	e, err := engine.Find(ctx, os.Getenv)
	if err != nil {
		return err
	}
	defer e.Close()
	all := samples{tiers: map[string][]sample{}}
	before := load()
	for n := range *rounds {
		per, err := bare(ctx, e.API(), *image)
		if err != nil {
			return err
		}
		all.anchor = append(all.anchor, per)
		for _, t := range tiers() {
			s, err := prove(ctx, *verifier, *image, t.name, e.Env())
			if err != nil {
				return err
			}
			all.tiers[t.name] = append(all.tiers[t.name], s)
			fmt.Fprintf(progress, "bench: round %d of %d: %s in %.1f s: %s\n", n+1, *rounds, t.name, s.seconds, s.line)
		}
	}
	return all.table(out, before, load())
}

// prove runs a tier once. A verdict other than "holds" is a sample, too.
func prove(ctx context.Context, verifier, image, tier string, env []string) (sample, error) {
	var out, talk bytes.Buffer
	cmd := exec.CommandContext(ctx, verifier, "--tier", tier, "--json", "-", image)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), &out, &talk
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	var r report.Report
	if jsonErr := json.Unmarshal(out.Bytes(), &r); jsonErr != nil {
		return sample{}, fmt.Errorf("cannot measure %s: no report: %w\n%s", tier, errors.Join(err, jsonErr), talk.String())
	}
	return sample{r.Seconds, r.Verdict.Selected, r.Containers, r.Line(), err == nil}, nil
}

// bare is the mean time of a container that runs one command in place of the entry point, in seconds.
func bare(ctx context.Context, api client.APIClient, image string) (float64, error) {
	began := time.Now()
	for range anchors {
		if err := one(ctx, api, image); err != nil {
			return 0, fmt.Errorf("cannot run a bare container of %q: %w", image, err)
		}
	}
	return time.Since(began).Seconds() / anchors, nil
}

func one(ctx context.Context, api client.APIClient, image string) (err error) {
	c, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{Config: &container.Config{Image: image, Entrypoint: []string{"true"}}})
	if err != nil {
		return err
	}
	defer func() {
		_, removed := api.ContainerRemove(context.WithoutCancel(ctx), c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		err = errors.Join(err, removed)
	}()
	ended := api.ContainerWait(ctx, c.ID, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := api.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		return err
	}
	select {
	case err := <-ended.Error:
		return err
	case <-ended.Result:
		return nil
	}
}

// load is the host's load average, "?" where it cannot be read.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
