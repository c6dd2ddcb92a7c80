//go:build docker

package podman

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"caduceus/internal/verify/report"
)

// serve answers at a socket as Docker does, for as long as the test runs. It returns the address.
func (e engine) serve(t *testing.T) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "podman.sock")
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, "podman", append(append([]string{}, e.flags...), "system", "service", "--time=0", "unix://"+socket)...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = e.env, e.home, io.Discard, io.Discard
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was told to end
	})
	container{t, e, ""}.await("the service answers", func() (string, bool) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err != nil {
			return err.Error(), false
		}
		return "", conn.Close() == nil
	})
	return "unix://" + socket
}

// TestTheVerifierProvesTheImage: all of smoke, but for what Podman does not tell. A person's engine is left out: whether it
// may make networks is the host's to say.
func TestTheVerifierProvesTheImage(t *testing.T) {
	t.Parallel()
	program := os.Getenv("HERMES_TEST_VERIFIER")
	if program == "" {
		t.Fatal("HERMES_TEST_VERIFIER names no hermes-verify: go tool mage test:podman")
	}
	for name, c := range map[string]struct {
		flags []string
		code  int
		holds int
	}{
		"what cannot be asked is not proved": {[]string{"--check", "image-labels,image-healthcheck"}, report.CodeNotProved, 1},
		"smoke":                              {[]string{"--tier", "smoke", "--allow-not-run", "image-healthcheck"}, report.CodeHolds, 19},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), program, append(c.flags, "--json", "report.json", image)...)
			cmd.Dir, cmd.Env = dir, slices.Concat(rootful.env, []string{"DOCKER_HOST=" + rootful.serve(t)})
			out, _ := cmd.CombinedOutput() // the exit code is looked at
			text, err := os.ReadFile(filepath.Join(dir, "report.json"))
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var r report.Report
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.code || r.Verdict.Holds < c.holds || r.Verdict.NotRun != 1 || r.Engine.Name != "podman" {
				t.Errorf("exit code %d, want %d, engine %q, %+v, want %d that hold and 1 not run\n%s", got, c.code, r.Engine.Name, r.Verdict, c.holds, out)
			}
		})
	}
	t.Cleanup(func() { // both have ended
		if r := rootful.try(context.WithoutCancel(t.Context()), "ps", "--all", "--quiet", "--filter", "name=caduceus-test-"); r.code != 0 || r.stdout != "" {
			t.Errorf("left behind: %s", r)
		}
	})
}
