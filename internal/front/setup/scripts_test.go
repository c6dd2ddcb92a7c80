package setup

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

const rootfs = "../../../rootfs"

// scripts returns the files of rootfs that begin with #!, with their modes.
func scripts(t *testing.T) map[string]fs.FileMode {
	t.Helper()
	found := map[string]fs.FileMode{}
	for _, dir := range []string{"etc", "usr", "opt/hermes/docker", "opt/hermes/scripts", "opt/hermes/libexec"} {
		err := filepath.WalkDir(filepath.Join(rootfs, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				if d != nil && d.Name() == "node_modules" {
					return fs.SkipDir
				}
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil || !bytes.HasPrefix(b, []byte("#!")) {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			found[path] = info.Mode().Perm()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestScriptsAreWellFormed(t *testing.T) {
	clause.Proves(t, "IMG-09", "IMG-10", "IMG-11", "IMG-19")
	all := scripts(t)
	for _, rel := range []string{
		"etc/cont-init.d/01-hermes-setup", "etc/cont-init.d/015-supervise-perms", "etc/cont-init.d/02-reconcile-profiles",
		"etc/s6-overlay/s6-rc.d/main-hermes/run", "etc/s6-overlay/s6-rc.d/dashboard/run", "etc/s6-overlay/s6-rc.d/dashboard/finish",
		"opt/hermes/docker/main-wrapper.sh", "opt/hermes/docker/stage2-hook.sh", "opt/hermes/docker/entrypoint.sh",
		"opt/hermes/docker/entrypoint-dispatch.sh",
		"opt/hermes/docker/hermes-exec-shim.sh", "opt/hermes/docker/tini-shim.sh", "opt/hermes/docker/s6-rc.d/dashboard/run",
		"opt/hermes/scripts/docker_config_migrate.py", "opt/hermes/scripts/docker_rebootstrap_nous_session.py", "usr/bin/tini",
	} {
		path := filepath.Join(rootfs, rel)
		if mode := all[path]; mode != 0o755 {
			t.Errorf("%s: mode %v, want 0755", rel, mode)
		}
	}
	for path := range all {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsRune(b, '\r') || bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) || !bytes.HasSuffix(b, []byte("\n")) {
			t.Errorf("%s: byte-order mark, CR or no final newline", path)
		}
		if line, _, _ := strings.Cut(string(b), "\n"); strings.HasSuffix(line, "sh") {
			if out, err := exec.Command("sh", "-n", path).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", path, err, out)
			}
		}
	}
	run, err := os.ReadFile(filepath.Join(rootfs, "opt/hermes/docker/s6-rc.d/dashboard/run"))
	if err != nil || !strings.Contains(string(run), "export HOME=/opt/data\n") {
		t.Errorf("dashboard's run does not export HOME: %v", err)
	}
}

func TestTheTiniShimDropsTheFlagsOfTini(t *testing.T) {
	clause.Proves(t, "SHIM-02")
	for name, test := range map[string]struct {
		args string
		want string
	}{
		"flags end at --":                {"-g -- gateway run", "W gateway run"},
		"flags end at a word":            {"-g gateway run", "W gateway run"},
		"nothing is left":                {"-g --", "W"},
		"no arguments":                   {"", "W"},
		"flags with a value":             {"-p SIGKILL -e 143 -v -v -- sleep infinity", "W sleep infinity"},
		"a flag whose value is missing":  {"-e", "W"},
		"every flag":                     {"-g -s -w -l -v -h --help --version --kill-process-group --subreaper x", "W x"},
		"unknown flags":                  {"-vvv --color x", "W x"},
		"flags of the command stay":      {"-- hermes -p x -g", "W hermes -p x -g"},
		"-- of the command stays":        {"-- sh -c -- x", "W sh -c -- x"},
		"the init is not doubled":        {"-- /init gateway run", "W gateway run"},
		"the wrapper is not doubled":     {"-g -- /opt/hermes/docker/main-wrapper.sh a", "W a"},
		"neither of both is doubled":     {"-- /init /x/main-wrapper.sh a", "W a"},
		"only the first one is left out": {"-- /init /init", "W /init"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("sh", append([]string{rootfs + "/opt/hermes/docker/tini-shim.sh"}, strings.Fields(test.args)...)...)
			cmd.Env = append(os.Environ(), "HERMES_TINI_SHIM_TARGET=/bin/echo", "HERMES_TINI_SHIM_WRAPPER=W")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(test.want+"\n", string(out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// python runs a Python program that imports made-up modules of the agent.
func python(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1"}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const whole = `"client_id": "c", "access_token": "a2", "refresh_token": "r2", "obtained_at": "2026-02-01T00:00:00+00:00"`

func TestRebootstrapReplacesOnlyADeadOrOlderSession(t *testing.T) {
	clause.Proves(t, "SETUP-26")
	const replaced = `"access_token": "a2"`
	for name, test := range map[string]struct {
		stored, seed string
		want         string // part of auth.json afterwards
		fails        bool
	}{
		"older session":             {`{"client_id": "c", "access_token": "a1", "refresh_token": "r1", "obtained_at": "2026-01-01T00:00:00+00:00"}`, whole, replaced, false},
		"newer session":             {`{"client_id": "c", "access_token": "a1", "refresh_token": "r1", "obtained_at": "2026-03-01T00:00:00Z"}`, whole, `"a1"`, false},
		"same age":                  {`{"access_token": "a1", "refresh_token": "r1", "obtained_at": "2026-02-01T00:00:00Z"}`, whole, `"a1"`, false},
		"dead session":              {`{"access_token": "a1", "obtained_at": "2026-03-01T00:00:00Z", "last_auth_error": {"relogin_required": true}}`, whole, replaced, false},
		"session without tokens":    {`{"client_id": "c", "obtained_at": "2026-03-01T00:00:00Z"}`, whole, replaced, false},
		"age unknown, alive":        {`{"access_token": "a1", "refresh_token": "r1"}`, whole, `"a1"`, false},
		"seed lacks the refresh":    {`{}`, `"client_id": "c", "access_token": "a2"`, `"nous": {}`, true},
		"seed lacks the client id":  {`{}`, `"refresh_token": "r2", "access_token": "a2"`, `"nous": {}`, true},
		"seed tokens must not be 0": {`{}`, `"client_id": "c", "access_token": 0, "refresh_token": "r2"`, `"nous": {}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			path := filepath.Join(home, "auth.json")
			if err := os.WriteFile(path, []byte(`{"version": 1, "providers": {"other": {"k": "v"}, "nous": `+test.stored+`}}`), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, seed := range []string{`{"providers": {"nous": {` + test.seed + `}}}`, `{` + test.seed + `}`} {
				out, err := python(t, []string{"HERMES_HOME=" + home, "HERMES_AUTH_JSON_REBOOTSTRAP=" + seed},
					rootfs+"/opt/hermes/scripts/docker_rebootstrap_nous_session.py")
				if (err != nil) != test.fails {
					t.Fatalf("%v\n%s", err, out)
				}
				if strings.Contains(out, "a2") || strings.Contains(out, "r2") {
					t.Errorf("printed a token:\n%s", out)
				}
				got, err := os.ReadFile(path)
				if err != nil || !strings.Contains(string(got), test.want) || !strings.Contains(string(got), `"k": "v"`) {
					t.Errorf("%v\n%s", err, got)
				}
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
		})
	}
}

// standIn writes the Python modules of a made-up agent below dir.
func standIn(t *testing.T, dir string, modules map[string]string) {
	t.Helper()
	for name, source := range modules {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const migratingAgent = `
import os
from pathlib import Path
home = Path(os.environ["HERMES_HOME"])
def get_config_path(): return home / "config.yaml"
def get_env_path(): return home / ".env"
def check_config_version(): return int(get_config_path().read_text().split()[1]), 33
def migrate_config(interactive, quiet):
    assert not interactive
    get_env_path().write_text("touched")
    get_config_path().write_text("version: 33" if "FAIL" not in os.environ else "version: 12")
    if os.environ.get("FAIL") == "raise": raise ValueError("no")
    if os.environ.get("FAIL") == "full":
        get_config_path().write_text("")
        import shutil
        def full(path, copy):
            copy.write_text("half")
            raise OSError(28, "No space left on device")
        shutil.copy2 = full
        full(get_config_path(), home / "elsewhere")
`

func TestAFailedMigrationRestoresTheBackups(t *testing.T) {
	clause.Proves(t, "SETUP-22", "SETUP-23", "SETUP-24", "STATE-13")
	for name, test := range map[string]struct {
		env          string
		config, keys string // afterwards
		lines        []string
		fails        bool
	}{
		"works":             {"A=", "version: 33", "touched", []string{"Migrating config schema 3 -> 33; backups: "}, false},
		"raises":            {"FAIL=raise", "version: 3", "A=1", []string{"backups restored: ValueError: no"}, true},
		"fills the disk":    {"FAIL=full", "version: 3", "A=1", []string{"backups restored: OSError: [Errno 28] No space left"}, true},
		"stays on the way":  {"FAIL=1", "version: 3", "A=1", []string{"schema is still 12"}, true},
		"not wanted":        {"HERMES_SKIP_CONFIG_MIGRATION=Yes ", "version: 3", "A=1", []string{"HERMES_SKIP_CONFIG_MIGRATION is set; skipping config migration"}, false},
		"skip must be true": {"HERMES_SKIP_CONFIG_MIGRATION=0", "version: 33", "touched", []string{"Migrating"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			source, err := os.ReadFile(rootfs + "/opt/hermes/scripts/docker_config_migrate.py")
			if err != nil {
				t.Fatal(err)
			}
			standIn(t, dir, map[string]string{
				"scripts/migrate.py": string(source), "hermes_cli/config.py": migratingAgent,
				"home/config.yaml": "version: 3", "home/.env": "A=1",
			})
			home := filepath.Join(dir, "home")
			out, err := python(t, []string{"HERMES_HOME=" + home, test.env}, filepath.Join(dir, "scripts/migrate.py"))
			if (err != nil) != test.fails {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, line := range test.lines {
				if !strings.Contains(out, "[config-migrate] ") || !strings.Contains(out, line) {
					t.Errorf("%q is not in\n%s", line, out)
				}
			}
			for file, want := range map[string]string{"config.yaml": test.config, ".env": test.keys} {
				if got, err := os.ReadFile(filepath.Join(home, file)); err != nil || string(got) != want {
					t.Errorf("%s: %q, %v", file, got, err)
				}
			}
			backups, _ := filepath.Glob(filepath.Join(home, "*.bak-*Z"))
			wanted := 0
			if strings.Contains(out, "Migrating") && !test.fails { // else the backups are the files again
				wanted = 2
			}
			if len(backups) != wanted {
				t.Errorf("backups: %v", backups)
			}
			if left, _ := filepath.Glob(filepath.Join(home, ".*.restore")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
