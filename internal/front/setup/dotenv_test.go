package setup

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

func TestParseDotenv(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		want    map[string]string
		faults  []fault
	}{
		"empty file":             {"", map[string]string{}, nil},
		"comments and blanks":    {"# a=b\n\n   \n", map[string]string{}, nil},
		"plain":                  {"A=1\nB = 2 \n", map[string]string{"A": "1", "B": "2"}, nil},
		"export":                 {"export A=1", map[string]string{"A": "1"}, nil},
		"quotes":                 {"A=\"x y\"\nB='#'\n", map[string]string{"A": "x y", "B": "#"}, nil},
		"trailing comment":       {"A=x # y\nB=x#y\n", map[string]string{"A": "x", "B": "x#y"}, nil},
		"windows line ends":      {"A=1\r\nB=2\r\n", map[string]string{"A": "1", "B": "2"}, nil},
		"byte order mark":        {"\uFEFFA=1\n", map[string]string{"A": "1"}, nil},
		"quoted over lines":      {"A=\"x\ny\"\nB=2\n", map[string]string{"A": "\"x", "B": "2"}, nil},
		"an open quote":          {"A=1\nB=\"x\nC=3\n", map[string]string{"A": "1", "C": "3"}, []fault{{2, "a quote is never closed"}}},
		"a lone word":            {"A=1\nsecret\n", map[string]string{"A": "1"}, []fault{{2, `no "=" after a name`}}},
		"no name":                {"=1\n", map[string]string{}, []fault{{1, `no name before "="`}}},
		"blank in the name":      {"A B=1\n", map[string]string{}, []fault{{1, "the name has a blank, quote or # in it"}}},
		"NUL":                    {"A=1\x00\n", map[string]string{}, []fault{{1, "a NUL character"}}},
		"UTF-16 of some editors": {"\xff\xfeA\x00=\x001\x00", map[string]string{}, []fault{{1, "UTF-16 text, not UTF-8"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, faults := parseDotenv([]byte(test.content))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.faults, faults, cmp.AllowUnexported(fault{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseDotenv(f *testing.F) {
	f.Add("A='x\ny'\nexport B=\"\n=\n")
	f.Fuzz(func(t *testing.T, content string) {
		_, faults := parseDotenv([]byte(content))
		for _, fault := range faults {
			if fault.line < 1 || fault.line > strings.Count(content, "\n")+1 {
				t.Errorf("line %d of %q", fault.line, content)
			}
		}
	})
}

func TestDamagedKeysAreNamedWithoutTheirText(t *testing.T) {
	clause.Proves(t, "SETUP-37")
	c := newContainer(t)
	c.file("opt/data/.env", "A=1\nsk-very-secret\n", 0o600)
	out := c.run()
	c.expect(out, `[stage2] Warning: /opt/data/.env line 2: no "=" after a name; correct it or run the command "setup"`)
	if strings.Contains(out, "very-secret") {
		t.Errorf("quoted a secret:\n%s", out)
	}
}

func TestUnreadableKeysAreNamed(t *testing.T) {
	clause.Proves(t, "SETUP-37")
	c := newContainer(t)
	c.dir("opt/data/.env")
	c.expect(c.run(), `[stage2] Warning: cannot read /opt/data/.env: not a regular file; repair it or run the command "setup"`)
}

func TestAPIKey(t *testing.T) {
	clause.Proves(t, "SETUP-34")
	generated := regexp.MustCompile(`(?m)^API_SERVER_KEY=[0-9a-f]{64}$`)
	for name, test := range map[string]struct {
		env, dotenv string
		want        bool
	}{
		"not enabled":                {"", "", false},
		"enabled":                    {"API_SERVER_ENABLED=true", "", true},
		"enabled in the file":        {"", "API_SERVER_ENABLED=on", true},
		"enabled, key in the file":   {"API_SERVER_ENABLED=1", "API_SERVER_KEY=0123456789abcdef", false},
		"enabled, empty key":         {"API_SERVER_ENABLED=1", "API_SERVER_KEY=", true},
		"switched off by a variable": {"API_SERVER_ENABLED=false", "API_SERVER_ENABLED=true", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.file("opt/data/.env", test.dotenv, 0o600)
			out := c.run(test.env)
			if got := generated.MatchString(c.read("opt/data/.env")); got != test.want {
				t.Errorf("generated: %v\n%s", got, out)
			}
			c.is("opt/data/.env", 10000, 0o600)
			if strings.Contains(out, "random API_SERVER_KEY") != test.want {
				t.Errorf("said %q", out)
			}
		})
	}
	c := newContainer(t)
	c.run("API_SERVER_ENABLED=1", "API_SERVER_KEY=0123456789abcdef")
	if strings.Contains(c.read("opt/data/.env"), "0123456789abcdef") {
		t.Error("a key of the container was written to the volume")
	}
	clause.Proves(t, "NET-03")
	c.expect(c.run("API_SERVER_ENABLED=1", "API_SERVER_KEY=short"), "API_SERVER_KEY", "16 characters")
}

func TestConfigVersions(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		latest  int
		want    bool
	}{
		"current":                    {"_config_version: 33", 33, false},
		"newer":                      {"_config_version: 34", 33, false},
		"older":                      {"_config_version: 32", 33, true},
		"a string":                   {"_config_version: '33'", 33, false},
		"none":                       {"model: x", 33, true},
		"true is no version":         {"_config_version: true", 33, true},
		"empty file":                 {"", 33, true},
		"a list":                     {"- a", 33, true},
		"not YAML":                   {"a: [", 33, false},
		"an agent that doesn't tell": {"_config_version: 33", 0, true},
	} {
		if got := outdated([]byte(test.content), test.latest); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestMigrationStartsPythonOnlyForOldFiles(t *testing.T) {
	clause.Proves(t, "SETUP-22", "SETUP-23", "SETUP-24")
	c := newContainer(t)
	c.file("opt/data/config.yaml", "_config_version: 33\n", 0o640)
	if out := c.run(); strings.Contains(out, "docker_config_migrate.py") {
		t.Errorf("migrated a current file:\n%s", out)
	}
	c.file("opt/data/config.yaml", "_config_version: 3\n", 0o640)
	c.expect(c.run(), "python docker_config_migrate.py uid 10000 HOME /opt/data\n")
	skipped := c.run("HERMES_SKIP_CONFIG_MIGRATION= On")
	c.expect(skipped, "[config-migrate] HERMES_SKIP_CONFIG_MIGRATION is set; skipping config migration\n")
	if strings.Contains(skipped, "docker_config_migrate.py") {
		t.Errorf("migrated nevertheless:\n%s", skipped)
	}
	c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\necho broken >&2\nexit 1\n", 0o755)
	c.expect(c.run(), "broken\n", "[stage2] Warning: docker_config_migrate.py failed; continuing\n")
}

func TestSkillsAreSyncedWhenSomethingChanged(t *testing.T) {
	clause.Proves(t, "SETUP-29")
	c := newContainer(t)
	synced := func(why string, want bool, env ...string) {
		t.Helper()
		if out := c.run(env...); strings.Contains(out, "[stage2] Skills: ") != want {
			t.Errorf("%s: said %q", why, out)
		}
	}
	synced("a new volume", true)
	synced("nothing changed", false)
	c.file("opt/hermes/skills/poetry/SKILL.md", "write prose\n", 0o644) // the same size
	synced("another image", true)
	synced("nothing changed", false)
	c.file("opt/data/skills/.bundled_manifest", "poetry:1\n", 0o644)
	synced("another manifest", true)
	c.file("opt/data/skills/mine/SKILL.md", "mine\n", 0o644)
	synced("another skill in the volume", true)
	c.file("opt/data/skills/mine/SKILL.md", "still mine\n", 0o644)
	synced("a skill was edited", false)
	c.file("opt/data/config.yaml", "_config_version: 33\nskills: {}\n", 0o640)
	synced("other settings", true)
	if err := os.Remove(c.data(skillsStamp)); err != nil {
		t.Fatal(err)
	}
	c.file("opt/data/.no-bundled-skills", "", 0o644)
	synced("not wanted", false)
	if err := os.Remove(c.data(".no-bundled-skills")); err != nil {
		t.Fatal(err)
	}
	c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\nexit 1\n", 0o755)
	c.expect(c.run(), "[stage2] Warning: skills_sync.py failed; continuing\n")
	if _, err := os.Stat(c.data(skillsStamp)); err == nil {
		t.Error("a failed sync was remembered as done")
	}
}

func TestRemoteFileSystemsAreRecognised(t *testing.T) {
	clause.Proves(t, "SETUP-35")
	const table = `21 1 0:20 / / rw - overlay overlay rw
22 21 0:21 / /opt/data rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:22 / /opt/data/my\040share rw - nfs4 host:/x rw
24 21 0:23 / /srv rw - 9p x rw
25 24 0:23 / /srv rw master:2 - ext4 /dev/sdb rw
26 21 0:24 / /mnt rw - fuse.grpcfuse grpcfuse rw
garbage
`
	for path, want := range map[string]string{
		"/opt/data": "ext4", "/opt/data/a": "ext4", "/opt/database": "overlay", "/opt/data/my share/a": "nfs4",
		"/srv/x": "ext4", "/mnt": "fuse.grpcfuse", "/": "overlay",
	} {
		if got := fileSystem(table, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	for kind, want := range map[string]bool{
		"9p": true, "virtiofs": true, "nfs": true, "nfs4": true, "cifs": true, "smb3": true, "fuse": true, "fuse.sshfs": true,
		"fuseblk": true, "fakeowner": true, "ext4": false, "overlay": false, "btrfs": false, "fusectl": false, "": false,
	} {
		if got := remote(kind); got != want {
			t.Errorf("%s: got %v", kind, got)
		}
	}
}

func TestSmallSharedMemory(t *testing.T) {
	clause.Proves(t, "SETUP-36")
	const flag = "--disable-dev-shm-usage"
	if line := shmWarning(64<<20, "--no-sandbox"); !strings.Contains(line, "64 MiB") || !strings.Contains(line, "--shm-size=1g") {
		t.Errorf("said %q", line)
	}
	for size, args := range map[uint64]string{256 << 20: "", 64 << 20: "--no-sandbox," + flag} {
		if line := shmWarning(size, args); line != "" {
			t.Errorf("%d %q: said %q", size, args, line)
		}
	}
}

func TestIgnoredVariables(t *testing.T) {
	clause.Proves(t, "RUN-04")
	if diff := cmp.Diff([]string{"HERMES_UID", "PUID"}, ignored(env.Environ{"HERMES_UID=5", "HERMES_GID=", "PUID=6"})); diff != "" {
		t.Error(diff)
	}
}

func TestShippedSeedsAreWhatTheCodeExpects(t *testing.T) {
	rootfs := filepath.Join("..", "..", "..", "rootfs", "opt", "hermes")
	config, err := os.ReadFile(filepath.Join(rootfs, "cli-config.yaml.example"))
	if err != nil {
		t.Fatal(err)
	}
	if stamped := stampVersion(config, 41); outdated(stamped, 41) || strings.Count(string(stamped), "_config_version") != 1 {
		t.Errorf("stamped:\n%s", stamped)
	}
	dotenv, err := os.ReadFile(filepath.Join(rootfs, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	if values, faults := parseDotenv(dotenv); len(values) != 0 || len(faults) != 0 {
		t.Errorf("the example sets %v, faults %v", values, faults)
	}
}
