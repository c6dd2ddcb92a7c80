package suite

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
	"caduceus/tests/mutant"
)

// Parallel is how many tests run side by side: two cores can boot as many containers without
// making the waits of the others long.
const Parallel = 3

// Suite is what the tests of one binary share. Main fills it.
type Suite struct {
	*harness.Engine
	// Interrupted ends with ^C, so that every wait ends and the sweep still happens.
	Interrupted context.Context
}

// Options are what a test binary adds to Main.
type Options struct {
	Open  func(s *Suite) error // after the engine is there
	Close func() error         // after the tests, beside the sweep of containers
	// Parallel is how many tests run side by side; 0: Parallel, which suits tests that work more than they wait.
	Parallel int
}

// Main runs the tests and returns the exit code: 2 where they could not begin.
// HERMES_TEST_IMAGE names the image, HERMES_TEST_RUN the label of all that the
// tests make, -parallel another number of tests side by side.
func (s *Suite) Main(m *testing.M, o Options) int {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.open(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	code := m.Run()
	if !s.sweep(o) {
		code = max(code, 1)
	}
	return code
}

func (s *Suite) open(ctx context.Context, o Options) error {
	if !isSet("test.parallel") {
		if err := flag.Set("test.parallel", strconv.Itoa(cmp.Or(o.Parallel, Parallel))); err != nil {
			return err
		}
	}
	program, err := BuildProbe(ctx)
	if err != nil {
		return err
	}
	engine, err := harness.Open(ctx, harness.Options{
		Image: os.Getenv("HERMES_TEST_IMAGE"), Run: os.Getenv("HERMES_TEST_RUN"), Probe: program,
	})
	if err != nil {
		return err
	}
	s.Engine, s.Interrupted = engine, ctx
	if o.Open == nil {
		return nil
	}
	return o.Open(s)
}

// BuildProbe compiles the program that looks into containers.
func BuildProbe(ctx context.Context) (program []byte, err error) {
	root, err := Repository()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hermes-probe-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	builder, err := mutant.NewBuilder(root, dir)
	if err != nil {
		return nil, err
	}
	path, err := builder.Build(ctx, mutant.Program{Package: "./cmd/hermes-probe"})
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Repository is the directory above this one that has the module's go.mod.
func Repository() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("cannot find the repository: no go.mod above the test")
		}
	}
	return "", err
}

func (s *Suite) sweep(o Options) bool {
	clean := true
	report := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "cannot clean up after the tests:", err)
			clean = false
		}
	}
	report(s.Sweep(context.Background()))
	if o.Close != nil {
		report(o.Close())
	}
	return clean
}

// Test is a test that works on containers.
type Test struct {
	*testing.T
	Ctx     context.Context // ends with the test's limit, or with ^C
	Subject *harness.Subject
}

// Must ends the test if err is not nil.
func (t *Test) Must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Begin begins a test that proves clauses. At the end of the test, what the subject started is removed; if the test failed,
// evidence is kept first. Clean-ups that the test adds later run before that.
func (s *Suite) Begin(t *testing.T, limit time.Duration, clauses ...string) *Test {
	t.Helper()
	clause.Proves(t, clauses...)
	ctx, stop := context.WithTimeout(s.Interrupted, limit)
	subject := s.Subject("")
	t.Cleanup(func() {
		defer stop()
		if t.Failed() {
			KeepEvidence(ctx, t, subject)
		}
		if err := subject.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return &Test{t, ctx, subject}
}

// Variant returns the variant that the image under test is labelled as: "slim", "full", or "" for neither.
func (s *Suite) Variant(t *testing.T) string {
	t.Helper()
	image, err := s.InspectImage(t.Context(), s.Image())
	if err != nil {
		t.Fatal(err)
	}
	return image.Config.Labels[checks.VariantLabel]
}

// NeedsFull skips a test of what the variant slim does not promise.
func (s *Suite) NeedsFull(t *testing.T, what string) {
	t.Helper()
	if s.Variant(t) == checks.Slim {
		t.Skip("slim does not promise " + what)
	}
}

// OnceForBoth skips a test on slim that says the same of both variants, and that full's run has.
func (s *Suite) OnceForBoth(t *testing.T, why string) {
	t.Helper()
	if s.Variant(t) == checks.Slim {
		t.Skip("it runs on full, for both variants: " + why)
	}
}

// KeepEvidence leaves what the subject's containers look like in the test's
// artifact directory; without -artifacts that directory would not last.
func KeepEvidence(ctx context.Context, t *testing.T, s *harness.Subject) {
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

func isSet(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
