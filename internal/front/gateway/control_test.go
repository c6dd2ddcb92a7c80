package gateway

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/front/profile"
	"caduceus/internal/s6"
)

// fixture is a volume and a scandir with one profile, and an s6-svc of the test's.
type fixture struct {
	Control
	calls    string // file that the fake s6-svc writes to
	warnings []string
}

func newFixture(t *testing.T, script string) *fixture {
	t.Helper()
	dir := t.TempDir()
	w := &fixture{calls: filepath.Join(dir, "calls")}
	svc := filepath.Join(dir, "fake-s6-svc")
	home := filepath.Join(dir, "home")
	coder := filepath.Join(home, "profiles", "coder")
	// The call lists what is recorded already: intent comes before the signal.
	body := "#!/bin/sh\necho \"$1 ${2##*/} $(cat " + coder + "/.gateway_intent.json)\" >>" + w.calls + "\n" + script + "\n"
	for _, err := range []error{
		os.MkdirAll(coder, 0o755),
		os.Mkdir(filepath.Join(dir, "scandir"), 0o755),
		os.WriteFile(svc, []byte(body), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Control = Control{
		Scandir: Scandir{Path: filepath.Join(dir, "scandir"), Account: own(t)},
		Home:    profile.Home(home),
		Svc:     svc,
		Now:     func() time.Time { return time.Unix(1000, 0) },
		Warn:    func(err error) { w.warnings = append(w.warnings, err.Error()) },
	}
	if err := w.Scandir.Publish(Slot{Profile: "coder"}, false); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestARequestIsRecordedBeforeItsSignal(t *testing.T) {
	clause.Proves(t, "GW-08", "SLOT-08", "STATE-04", "STATE-08")
	for verb, want := range map[Verb]string{
		Start:   `-u gateway-coder {"at":1000,"want":"up"}`,
		Stop:    `-d gateway-coder {"at":1000,"want":"down"}`,
		Restart: `-tu gateway-coder {"at":1000,"want":"up"}`,
	} {
		t.Run(string(verb), func(t *testing.T) {
			w := newFixture(t, "exit 0")
			if err := w.Do(t.Context(), verb, "coder"); err != nil {
				t.Fatal(err)
			}
			got, _ := os.ReadFile(w.calls)
			if diff := cmp.Diff(want, strings.TrimSpace(string(got))); diff != "" {
				t.Error(diff)
			}
			if len(w.warnings) > 0 {
				t.Errorf("warnings: %q", w.warnings)
			}
		})
	}
}

func TestOnlyTheStopOfARunningGatewayIsMarkedAsPlanned(t *testing.T) {
	clause.Proves(t, "STATE-05")
	marker := func(w *fixture) map[string]any {
		b, err := os.ReadFile(filepath.Join(w.Home.Dir("coder"), profile.MarkerFile))
		if err != nil {
			return nil
		}
		var fields map[string]any
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		return fields
	}
	w := newFixture(t, "exit 0")
	if err := w.Do(t.Context(), Stop, "coder"); err != nil {
		t.Fatal(err)
	}
	if got := marker(w); got != nil {
		t.Errorf("nothing runs, but the marker says %v", got)
	}
	status := s6.Status{Pid: os.Getpid(), WantUp: true}
	path := filepath.Join(w.Scandir.Dir("coder"), s6.SuperviseDir, s6.StatusFile)
	if err := os.WriteFile(path, status.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []Verb{Start, Restart} {
		if err := w.Do(t.Context(), verb, "coder"); err != nil || marker(w) != nil {
			t.Fatalf("%s: %v, marker %v", verb, err, marker(w))
		}
	}
	if err := w.Do(t.Context(), Stop, "coder"); err != nil {
		t.Fatal(err)
	}
	if got := marker(w); got["target_pid"] != float64(os.Getpid()) {
		t.Errorf("the marker says %v", got)
	}
}

// s6-svc only leaves a letter. Who looks at the status after a verb, as a rename does, must see what it asked for.
func TestARequestEndsWhenTheSupervisorHasTakenItUp(t *testing.T) {
	clause.Proves(t, "GW-08")
	for verb, before := range map[Verb]bool{Start: false, Stop: true, Restart: false} {
		t.Run(string(verb), func(t *testing.T) {
			w := newFixture(t, "")
			dir := w.Scandir.Dir("coder")
			w.Svc = lateSvc(t, dir)
			supervise(t, dir)
			for path, status := range map[string]s6.Status{
				filepath.Join(dir, s6.SuperviseDir, s6.StatusFile): {WantUp: before},
				filepath.Join(dir, "late"):                         {WantUp: !before},
			} {
				if err := os.WriteFile(path, status.Encode(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Do(t.Context(), verb, "coder"); err != nil {
				t.Fatal(err)
			}
			if status, err := s6.ReadStatus(dir); err != nil || status.WantUp == before {
				t.Errorf("not obeyed yet: %+v, %v", status, err)
			}
		})
	}
}

// lateSvc is an s6-svc whose supervisor takes its time.
func lateSvc(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "late-s6-svc")
	script := "#!/bin/sh\n(sleep 0.3; mv " + dir + "/late " + dir + "/supervise/status) >/dev/null 2>&1 &\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// supervise holds the lock by which a supervisor is known, in another open file than the one that asks.
func supervise(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, s6.SuperviseDir, s6.LockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock); err != nil {
		t.Fatal(err)
	}
}

func TestWhyARequestWasNotObeyed(t *testing.T) {
	clause.Proves(t, "GW-10", "GW-11")
	w := newFixture(t, "echo ' no room ' >&2; exit 111")
	err := w.Do(t.Context(), Start, "ghost")
	const missing = "no such gateway 'ghost': register it with `hermes profile create ghost` first, " +
		"or pass an existing profile name via `-p <name>`"
	if _, ok := errors.AsType[*MissingError](err); !ok || err.Error() != missing {
		t.Errorf("want %s, got %v", missing, err)
	}
	err = w.Do(t.Context(), Restart, "coder")
	if failed, ok := errors.AsType[*SvcError](err); !ok || failed.Code != 111 ||
		err.Error() != "s6-svc restart on 'gateway-coder' failed (rc=111): no room" {
		t.Errorf("want the failure of s6-svc with its code and text, got %v", err)
	}
	w.Svc = filepath.Join(t.TempDir(), "none")
	if err := w.Do(t.Context(), Stop, "coder"); err == nil || !strings.Contains(err.Error(), "failed (rc=-1): ") {
		t.Errorf("want a missing s6-svc reported as rc=-1, got %v", err)
	}
}

func TestAStateThatCannotBeWrittenKeepsNobodyFromStopping(t *testing.T) {
	clause.Proves(t, "STATE-04")
	w := newFixture(t, "exit 0")
	blocked := filepath.Join(w.Home.Dir("coder"), profile.IntentFile)
	if err := os.Mkdir(blocked, 0o755); err != nil {
		t.Fatal(err)
	}
	err := w.Do(t.Context(), Stop, "coder")
	if _, unrecorded := errors.AsType[*UnrecordedError](err); !unrecorded || !strings.Contains(err.Error(), "'coder' obeys stop") || strings.Contains(err.Error(), "\n") {
		t.Errorf("want it obeyed and not recorded, in one line, got %v", err)
	}
	if len(w.warnings) != 0 {
		t.Errorf("warnings: %q", w.warnings)
	}
	if err := os.RemoveAll(w.Home.Dir("coder")); err != nil {
		t.Fatal(err)
	}
	w.warnings = nil
	if err := w.Do(t.Context(), Stop, "coder"); err != nil || len(w.warnings) > 0 {
		t.Errorf("a slot without a profile: %v, warnings %q", err, w.warnings)
	}
}
