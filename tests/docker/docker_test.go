//go:build docker

package docker

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
)

const (
	// parallel containers are as many as two cores can boot without making the
	// waits of the others long; -parallel overrides it.
	parallel = "3"
	// checkLimit bounds one check, its polls included.
	checkLimit = 5 * time.Minute
)

var (
	// engine is the one connection of this test binary.
	engine *harness.Engine
	// interrupted ends with ^C, so that every wait ends and the sweep still happens.
	interrupted context.Context
)

func TestMain(m *testing.M) {
	os.Exit(run(m)) //nolint:forbidigo // without an engine there is nothing to run
}

func run(m *testing.M) int {
	flag.Parse()
	if !isSet("test.parallel") {
		if err := flag.Set("test.parallel", parallel); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e, err := harness.Open(ctx, harness.Options{Image: os.Getenv("HERMES_TEST_IMAGE"), Run: os.Getenv("HERMES_TEST_RUN")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	engine, interrupted = e, ctx
	code := m.Run()
	if !sweep() && code == 0 {
		code = 1
	}
	return code
}

func isSet(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func sweep() bool {
	err := engine.Sweep(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot clean up after the tests:", err)
	}
	return err == nil
}

// TestContract runs every check on the image under test.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, c := range checks.For(variant(t)) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			for _, clause := range c.Clauses {
				t.Attr("clause", clause)
			}
			if err := judge(t, c, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// variant is what the image under test says it is.
func variant(t *testing.T) string {
	t.Helper()
	image, err := engine.InspectImage(t.Context(), engine.Image())
	if err != nil {
		t.Fatal(err)
	}
	return image.Config.Labels[checks.VariantLabel]
}

// judge runs a check on an image ("": the one under test), leaves evidence of
// its containers when it fails, and removes them.
func judge(t *testing.T, c checks.Check, image string) error {
	t.Helper()
	ctx, stop := context.WithTimeout(interrupted, checkLimit)
	defer stop()
	s := engine.Subject(image)
	err := c.Run(ctx, s)
	if err != nil {
		t.Log(c.Doc)
		keepEvidence(ctx, t, s)
	}
	if left := s.Close(ctx); left != nil {
		t.Error(left)
	}
	return err
}

// keepEvidence leaves what the check's containers look like in the test's
// artifact directory; without -artifacts that directory would not last.
func keepEvidence(ctx context.Context, t *testing.T, s *harness.Subject) {
	t.Helper()
	if !isSet("test.artifacts") {
		t.Log("-artifacts keeps evidence of a failure")
		return
	}
	dir := t.ArtifactDir()
	if err := s.Evidence(ctx, dir); err != nil {
		t.Log("some evidence is missing:", err)
	}
	t.Log("evidence is in", dir)
}

// TestOrphansCheckCanFail proves that the search for zombies finds them: with
// a main program as PID 1 that waits for nobody, they stay.
func TestOrphansCheckCanFail(t *testing.T) {
	t.Parallel()
	t.Attr("clause", "BOOT-14")
	s := engine.Subject("")
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	c, err := s.Start(t.Context(), harness.Spec{Entrypoint: []string{"sleep"}, Cmd: []string{"infinity"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sh(t.Context(), `(sh -c 'exit 3' &)`); err != nil {
		t.Fatal(err)
	}
	err = harness.Poll(t.Context(), "zombie under a PID 1 that never waits", time.Minute,
		func(ctx context.Context) (string, bool, error) {
			all, err := c.Processes(ctx)
			return all.String(), len(all.Zombies()) > 0, err
		})
	if err != nil {
		t.Error(err)
	}
}

// violated reports whether err names the clause.
func violated(err error, clause string) bool {
	return strings.Contains(" "+strings.Join(checks.Violations(err), " ")+" ", " "+clause+" ")
}
