package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"caduceus/bench/figures"
	"caduceus/bench/measure"
)

// options of one run.
type options struct {
	init     string // our init, built for release
	runs     int
	json     bool
	realtime bool
	overlay  string // image of s6-overlay
	image    string // image of ours whose containers are measured
	before   string // an earlier one, which these are compared with
	idle     bool
	only     string // measures, separated by commas
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, "go run ./bench -init dist/linux-amd64/init -runs 20\n\nPrints what an init costs beside others; needs root.\n\n")
		f.PrintDefaults()
	}
	f.StringVar(&o.init, "init", "", "the `program` to measure as /init")
	f.IntVar(&o.runs, "runs", 10, "runs of each measure")
	f.BoolVar(&o.json, "json", false, "print JSON ("+figures.Schema+")")
	f.BoolVar(&o.realtime, "realtime", false, "run the inits at real-time priority, for a host with other work")
	f.StringVar(&o.overlay, "overlay", "", "measure /init of this `image`, too, as "+measure.S6Overlay)
	f.StringVar(&o.image, "image", "", "also measure containers of this `image` of ours: boot, stop, memory")
	f.StringVar(&o.before, "before", "", "compare them with containers of this earlier `image`")
	f.BoolVar(&o.idle, "idle", false, "also measure what an idle container of -image uses in a minute: a minute for each image and run")
	f.StringVar(&o.only, "only", "", "measure only these, a `list` of ids as in the JSON, separated by commas")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("cannot take argument %q: it takes flags only", f.Arg(0))
	case o.init == "":
		return o, fmt.Errorf("cannot measure without -init; \"go tool mage bench\" builds and names it")
	case o.image == "" && (o.before != "" || o.idle):
		return o, fmt.Errorf("cannot compare or wait without -image: name the image to measure")
	case o.runs < 1:
		return o, fmt.Errorf("cannot measure with %d runs: %w", o.runs, figures.ErrNoSamples)
	}
	for id := range strings.SplitSeq(o.only, ",") {
		if o.only != "" && !slices.ContainsFunc(figures.Measures(), func(m figures.Measure) bool { return m.ID == id }) {
			return o, fmt.Errorf("cannot measure %q alone: no such measure", id)
		}
	}
	return o, nil
}

// run measures and prints: the report on stdout, progress on stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	plan, err := makePlan(ctx, o, dir)
	if err != nil {
		return err
	}
	report := figures.Report{
		Schema: figures.Schema, Time: time.Now().UTC().Truncate(time.Second), Runs: o.runs, Ours: measure.Ours, Anchor: figures.Anchor,
		Host: figures.Host{Kernel: kernel(), CPUs: runtime.NumCPU(), LoadBefore: load(), Realtime: o.realtime},
	}
	samples, err := plan.measure(ctx, o.runs, stderr)
	if err != nil {
		return err
	}
	report.Host.LoadAfter = load()
	if report.Rows, err = figures.Build(measure.Ours, plan.expected, samples); err != nil {
		return err
	}
	if o.json {
		return report.JSON(stdout)
	}
	return report.Table(stdout)
}

// load is the load average of the last 1, 5 and 15 minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// output runs a program and returns what it printed.
func output(ctx context.Context, name string, args ...string) (string, error) {
	var stderr bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("cannot run \"%s %s\": %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
