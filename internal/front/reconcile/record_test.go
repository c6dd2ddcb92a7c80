package reconcile

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/front/profile"
)

// agentStarts is the first thing that a started gateway writes: the file's other keys stay.
func (b *boot) agentStarts(t *testing.T, dir string) {
	t.Helper()
	state, err := profile.ReadState(filepath.Join(b.home, dir))
	if err != nil {
		t.Fatal(err)
	}
	content := `{"gateway_state":"starting","updated_at":"2026-01-02T02:04:09+00:00"}`
	if state.Desired != "" {
		content = strings.Replace(content, "{", `{"desired_state":"`+state.Desired+`",`, 1)
	}
	put(t, b.home, filepath.Join(dir, profile.StateFile), content)
}

func (b *boot) want(t *testing.T, dir string, want profile.Want) {
	t.Helper()
	intent, err := profile.ReadIntent(filepath.Join(b.home, dir))
	if err != nil || intent.Want != want {
		t.Errorf("%s: intent %q, want %q (%v)", dir, intent.Want, want, err)
	}
}

// A kill takes the container while its gateways still start, so that none of them has said that it runs.
func TestWhatABootStartedComesBackAfterAKill(t *testing.T) {
	clause.Proves(t, "REC-05", "STATE-06", "STATE-08")
	b := newBoot(t, "sleep", "infinity")
	const coder = "profiles/coder"
	put(t, b.home, coder+"/SOUL.md", "")
	put(t, b.home, coder+"/gateway_state.json", `{"gateway_state":"running"}`)
	put(t, b.home, "gateway_state.json", `{"gateway_state":"draining"}`)
	for range 3 {
		if code := b.run(); code != 0 || b.err.Len() > 0 {
			t.Fatalf("exit code %d\n%s", code, &b.err)
		}
		if got := b.slots(t); got != "gateway-coder gateway-default" {
			t.Fatalf("slots: %s\n%s", got, &b.out)
		}
		for _, dir := range []string{".", coder} {
			b.want(t, dir, profile.Up)
			b.agentStarts(t, dir)
		}
	}
	if err := profile.Record(filepath.Join(b.home, coder), profile.Down, time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)); err != nil {
		t.Fatal(err) // a stop in the second of the boot
	}
	b.agentStarts(t, coder)
	b.run()
	if got := b.slots(t); got != "gateway-coder(down) gateway-default" {
		t.Errorf("after a stop: %s", got)
	}
	b.want(t, coder, profile.Down)
}

func TestAMigrationIsRecordedAsWanted(t *testing.T) {
	clause.Proves(t, "REC-07", "STATE-08")
	b := newBoot(t, "gateway", "run")
	b.run()
	b.want(t, ".", profile.Up)
	if err := os.Remove(filepath.Join(b.home, profile.StateFile)); err != nil {
		t.Fatal(err)
	}
	b.run()
	if got := b.slots(t); got != "gateway-default" {
		t.Errorf("without the state file: %s", got)
	}
}

// A request is recorded before there is a slot that anybody could start.
func TestTheRecordComesBeforeTheSlot(t *testing.T) {
	clause.Proves(t, "STATE-08")
	b := newBoot(t)
	put(t, b.home, "gateway_state.json", `{"gateway_state":"running"}`)
	put(t, filepath.Dir(b.scandir), "scandir", "no directory")
	if code := b.run(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	b.want(t, ".", profile.Up)
}

func TestABootThatCannotRecordGoesOn(t *testing.T) {
	clause.Proves(t, "REC-06", "STATE-04")
	for name, state := range map[string]string{"a running one": `{"gateway_state":"running"}`, "a migration": ""} {
		b := newBoot(t, "gateway", "run")
		if state != "" {
			put(t, b.home, profile.StateFile, state)
		}
		put(t, b.home, profile.IntentFile+"/in/the/way", "")
		if code := b.run(); code != 0 {
			t.Errorf("%s: exit code %d", name, code)
		}
		if got := b.slots(t); got != "gateway-default" {
			t.Errorf("%s: slots: %s", name, got)
		}
		const warning = `reconcile: warning: cannot record that gateway "default" is wanted up: `
		if strings.Count(b.err.String(), warning) != 1 {
			t.Errorf("%s: stderr: %s", name, &b.err)
		}
	}
}

func TestAnAdoptedGatewayIsRecordedIfItStarts(t *testing.T) {
	clause.Proves(t, "PROF-05", "STATE-08")
	for name, c := range map[string]struct {
		renamed bool
		want    profile.Want
	}{"renamed": {true, profile.Up}, "copied": {false, ""}} {
		b := newBoot(t)
		const coder = "profiles/coder"
		put(t, b.home, coder+"/SOUL.md", "")
		put(t, b.home, coder+"/gateway_state.json", `{"gateway_state":"running"}`)
		o := Options{Environ: b.environ(), Account: b.account, Stdout: io.Discard, Stderr: &b.err, Now: time.Now, CommandFile: b.command}
		if err := os.MkdirAll(b.scandir, 0o755); err != nil {
			t.Fatal(err)
		}
		action, err := Adopt(t.Context(), o, "coder", c.renamed)
		if err == nil { // nobody scans
			t.Errorf("%s: registered", name)
		}
		if action.Start != c.renamed {
			t.Errorf("%s: %s", name, action)
		}
		b.want(t, coder, c.want)
	}
}
