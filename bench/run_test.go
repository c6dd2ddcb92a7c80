package main

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"

	"caduceus/bench/figures"
	"caduceus/bench/measure"
)

func TestMain(m *testing.M) {
	measure.Enter()
	m.Run()
}

func TestBadOptionsAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want error
		text string
	}{
		"help":               {[]string{"-h"}, flag.ErrHelp, "help"},
		"an argument":        {[]string{"-init=x", "tini"}, nil, `"tini"`},
		"no init":            {nil, nil, "without -init"},
		"no runs":            {[]string{"-init=x", "-runs=0"}, figures.ErrNoSamples, "0 runs"},
		"an unknown flag":    {[]string{"-fast"}, nil, "-fast"},
		"before of no image": {[]string{"-init=x", "-before=old"}, nil, "without -image"},
		"idle of no image":   {[]string{"-init=x", "-idle"}, nil, "without -image"},
		"unknown measures":   {[]string{"-init=/bin/sleep", "-only=speed"}, nil, `"speed"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, talk bytes.Buffer
			err := run(t.Context(), c.args, &out, &talk)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %q", err, c.text)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

func TestTheAgeOfPID1IsReadFromTheKernelsClock(t *testing.T) {
	t.Parallel()
	stat := "1 (a) b (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 22 0 120000 1 1"
	got, err := sinceStart("[stage2] Setup complete\n1200.75 2000.1\n" + stat + "\n")
	if err != nil || got < 749 || got > 751 {
		t.Errorf("%v, %v, want 750", got, err)
	}
	for _, bad := range []string{"", "1 2\n", "1 2\n1 (init) S 0\n", "x 2\n" + stat, "1.0 2\n" + strings.Replace(stat, "120000", "soon", 1)} {
		if got, err := sinceStart(bad); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}
