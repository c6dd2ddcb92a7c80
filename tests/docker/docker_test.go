//go:build docker

package docker

import (
	"cmp"
	"context"
	"os"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
)

// checkLimit bounds one check, its polls included.
const checkLimit = 10 * time.Minute

// engine is what the tests of this binary share.
var engine suite.Suite

func TestMain(m *testing.M) {
	os.Exit(engine.Main(m, suite.Options{})) //nolint:forbidigo // without an engine there is nothing to run
}

// TestContract runs every check on the image under test, but for those of a browser on slim.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, c := range asked(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if c.Full {
				engine.NeedsFull(t, "that "+c.Name)
			}
			clause.Proves(t, c.Clauses...)
			if err := judge(t, c.Check, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// asked are the checks that HERMES_TEST_TIER leaves: of this tier and of quicker ones. Without it all are.
func asked(t *testing.T) []checks.Entry {
	t.Helper()
	all, err := checks.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	list, err := checks.UpTo(all, cmp.Or(os.Getenv("HERMES_TEST_TIER"), string(checks.Chaos)))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// judge runs a check on an image ("": the one under test), leaves evidence of
// its containers when it fails, and removes them.
func judge(t *testing.T, c checks.Check, image string) error {
	t.Helper()
	ctx, stop := context.WithTimeout(engine.Interrupted, checkLimit)
	defer stop()
	s := engine.Subject(image)
	err := c.Run(ctx, s)
	for _, note := range s.Notes() {
		t.Log(note)
	}
	if err != nil {
		t.Log(c.Doc)
		suite.KeepEvidence(ctx, t, s)
	}
	if left := s.Close(ctx); left != nil {
		t.Error(left)
	}
	return err
}

// TestZombiesOfAMainProgramThatWaitsForNobodyAreFound proves that the search for zombies finds them: with
// a main program as PID 1 that waits for nobody, they stay.
func TestZombiesOfAMainProgramThatWaitsForNobodyAreFound(t *testing.T) {
	t.Parallel()
	clause.Proves(t, "BOOT-14")
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
