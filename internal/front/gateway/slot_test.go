package gateway

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
	"caduceus/internal/identity"
)

// own is the account of the test itself, so that it may give files to it.
func own(t *testing.T) identity.Account {
	t.Helper()
	return identity.Account{Name: "hermes", UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
}

// listing is each entry's mode below dir.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		found[rel] = info.Mode().String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestASlotIsPublishedWhole(t *testing.T) {
	clause.Proves(t, "BOOT-18", "SLOT-01", "SLOT-02", "SLOT-03")
	d := Scandir{Path: t.TempDir(), Account: own(t)}
	if err := d.Publish(Slot{Profile: "coder"}, false); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		".":                     "drwxr-xr-x",
		"down":                  "-rw-r--r--",
		"event":                 "dgtrwx-wx---",
		"finish":                "-rwxr-xr-x",
		"log":                   "drwxr-xr-x",
		"log/event":             "dgtrwx-wx---",
		"log/run":               "-rwxr-xr-x",
		"log/supervise":         "drwxr-xr-x",
		"log/supervise/control": "prw-rw----",
		"log/supervise/event":   "dgtrwx-wx---",
		"log/type":              "-rw-r--r--",
		"run":                   "-rwxr-xr-x",
		"supervise":             "drwxr-xr-x",
		"supervise/control":     "prw-rw----",
		"supervise/event":       "dgtrwx-wx---",
		"timeout-kill":          "-rw-r--r--",
		"timeout-leftovers":     "-rw-r--r--",
		"type":                  "-rw-r--r--",
	}
	if diff := cmp.Diff(want, listing(t, d.Dir("coder"))); diff != "" {
		t.Error(diff)
	}
	entries, err := os.ReadDir(d.Path)
	if err != nil || len(entries) != 1 {
		t.Errorf("staging is left: %v, %v", entries, err)
	}

	if err := d.Publish(Slot{Profile: "coder", Up: true}, false); !errors.Is(err, ErrExists) {
		t.Errorf("a second slot of that name: %v", err)
	}
	if err := d.Publish(Slot{Profile: "coder", Up: true, KillTimeout: 90 * time.Second}, true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(d.Dir("coder"), "down")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a slot that starts has a down file: %v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(d.Dir("coder"), "timeout-kill")); string(b) != "90000\n" {
		t.Errorf("timeout-kill is %q", b)
	}
	if err := d.Publish(Slot{Profile: "../x"}, false); err == nil {
		t.Error("a name that leaves the scandir is taken")
	}
}

func TestAFailedPublicationLeavesNothing(t *testing.T) {
	clause.Proves(t, "SLOT-03")
	d := Scandir{Path: t.TempDir(), Account: own(t)}
	if err := os.WriteFile(d.Dir("x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := d.Publish(Slot{Profile: "x"}, false); err == nil {
		t.Fatal("a file in the slot's place is no error")
	}
	if entries, _ := os.ReadDir(d.Path); len(entries) != 1 {
		t.Errorf("staging is left: %v", entries)
	}
}

func TestTheScriptsOfASlot(t *testing.T) {
	clause.Proves(t, "GW-04", "LOG-01", "LOG-02", "LOG-03", "LOG-05", "SLOT-04")
	cases := map[string]struct {
		slot Slot
		want map[string][]string
	}{
		"default": {Slot{Profile: "default"}, map[string][]string{
			"run": {
				"#!/command/with-contenv sh\n", "\nexec hermes gateway run --replace\n", "HERMES_S6_SUPERVISED_CHILD=1",
				"HERMES_GATEWAY_MAX_STARTS=0", "\nunset HERMES_DOCKER_EXEC_AS_ROOT\n",
			},
			"log/run": {
				`exec s6-log -b 1 n10 s1000000 T "$log_dir"`, `: >no-room`, `logs/gateways/default"`,
			},
			"finish": {"78 | 69) exit 125", "until: hermes gateway start"},
		}},
		"named": {Slot{Profile: "coder"}, map[string][]string{
			"run":     {"\nexec hermes -p coder gateway run --replace\n"},
			"log/run": {`logs/gateways/coder"`},
			"finish":  {"until: hermes -p coder gateway start"},
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, f := range c.slot.render() {
				if strings.Contains(f.content, "@") {
					t.Errorf("%s: a mark is left in:\n%s", f.name, f.content)
				}
				for _, words := range c.want[f.name] {
					if !strings.Contains(f.content, words) {
						t.Errorf("%s: want %q in:\n%s", f.name, words, f.content)
					}
				}
			}
		})
	}
}

// The finish script decides what the supervisor may not decide for all services.
func TestWhichEndsKeepAGatewayDown(t *testing.T) {
	clause.Proves(t, "SLOT-09", "SLOT-10", "SLOT-11", "SLOT-12", "SLOT-17")
	dir := t.TempDir()
	svstat := filepath.Join(dir, "s6-svstat")
	cases := map[string]struct {
		code, signalled, wanted string
		want                    int
	}{
		"crash":                                  {"1", "0", "true", 0},
		"killed":                                 {"256", "0", "true", 0},
		"planned restart":                        {"75", "0", "true", 0},
		"fatal configuration":                    {"78", "0", "true", 125},
		"another container has the volume":       {"69", "0", "true", 125},
		"fatal configuration, not wanted":        {"78", "1", "false", 125},
		"ended by itself with success":           {"0", "0", "true", 125},
		"success after a signal":                 {"0", "1", "true", 0},
		"success after a stop":                   {"0", "0", "false", 0},
		"success under a supervisor not of ours": {"0", "", "true", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			fake := "#!/bin/sh\n[ \"$*\" = '-o wantedup .' ] && echo " + c.wanted + "\n"
			if err := os.WriteFile(svstat, []byte(fake), 0o755); err != nil {
				t.Fatal(err)
			}
			script := strings.NewReplacer("/command/s6-svstat", svstat, "/command/with-contenv", "echo").Replace(finishScript)
			cmd := exec.Command("/bin/sh", "-c", script, "finish", c.code, "0", "gateway-default", "1")
			wanted := map[string]string{"true": "1", "false": "0"}[c.wanted]
			cmd.Dir, cmd.Env = t.TempDir(), []string{"PATH=/usr/bin:/bin", "S6_RUN_WANTED=" + wanted}
			keep := filepath.Join(cmd.Dir, "leftovers-keep")
			if err := os.WriteFile(keep, []byte("of an earlier end"), 0o644); err != nil {
				t.Fatal(err)
			}
			if c.signalled != "" {
				cmd.Env = append(cmd.Env, "S6_RUN_SIGNALLED="+c.signalled)
			}
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != c.want {
				t.Errorf("exit code %d, want %d\n%s", got, c.want, out)
			}
			list, err := os.ReadFile(keep)
			if wanted == "1" && !strings.Contains(string(list), "container kept ") || wanted == "0" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what stays is %q, %v", list, err)
			}
		})
	}
}

func TestAScandirThatCannotBeIsReplaced(t *testing.T) {
	clause.Proves(t, "ENV-11", "REC-12")
	for value, want := range map[string]string{"": "/run/service", "/srv/s/": "/srv/s", "relative": "/run/service", "$(id)": "/run/service", "/etc/s": "/run/service"} {
		path, notice := ScandirPath(env.Environ{"S6_PROFILE_GATEWAY_SCANDIR=" + value})
		if path != want || (notice != "") != (value != "" && want == "/run/service") {
			t.Errorf("ScandirPath(%q) = %q, %q", value, path, notice)
		}
	}
}
