package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// Checks that mutants name.
const (
	StrayCheck         = "a volume at the place of an older image is named by boot and doctor"
	GonePathsCheck     = "paths of another image are replaced by the image's own"
	FollowingHomeCheck = "what the image has on the volume follows HERMES_HOME"
)

// moveChecks start what an older or another deployment has left: its entry point, mounts and variables.
// contract: SHIM-03 SHIM-04 MOVE-01 MOVE-02 MOVE-03 MOVE-04 MOVE-05 MOVE-06 ENV-15
func moveChecks() []Check {
	var list []Check
	for _, e := range oldEntries() {
		list = append(list, Check{
			Name: e.name + " ends at the main program", Clauses: []string{e.clause},
			Doc: "starts " + strings.Join(append(e.spec.Entrypoint, e.spec.Cmd...), " "), Run: e.run,
		})
	}
	return append(list,
		Check{
			Name: "a gateway behind the entry point of older images is supervised", Clauses: []string{"SHIM-03"},
			Doc: "docker run --entrypoint /usr/bin/tini IMG -g -- /opt/hermes/docker/entrypoint.sh gateway run", Run: oldGateway,
		},
		Check{
			Name: "an older entry point boots again after docker restart", Clauses: []string{"SHIM-04"},
			Doc: "restarts containers with entrypoint.sh, and with main-wrapper.sh under --init", Run: oldEntriesRestart,
		},
		Check{
			Name: GonePathsCheck, Clauses: []string{"MOVE-03"},
			Doc: "boots with HERMES_DASHBOARD and three variables that name what is not there", Run: gonePaths,
		},
		Check{
			Name: StrayCheck, Clauses: []string{"MOVE-01"},
			Doc: "mounts a volume at /root/.hermes, and one with files of the agent at /srv/agent", Run: strayVolumes,
		},
		Check{
			Name: "a home that goes with the container is noted, one on a volume is not", Clauses: []string{"MOVE-01"},
			Doc: "looks without a volume, on a tmpfs, on a named volume", Run: passingHomes,
		},
		Check{
			Name: "a home that hermes cannot enter is named with the closed directory", Clauses: []string{"MOVE-02"},
			Doc: "boots with HERMES_HOME=/root/.hermes on a volume there", Run: closedHome,
		},
		Check{
			Name: "a mount over the image's own files is named, and refused where it is empty", Clauses: []string{"MOVE-04"},
			Doc: "mounts an empty file system, and a volume that the engine has filled, at /opt/hermes", Run: hiddenImage,
		},
		Check{
			Name: FollowingHomeCheck, Clauses: []string{"ENV-15"},
			Doc: "asks the agent's file tools in a container with another HERMES_HOME", Run: followingHome,
		},
		Check{
			Name: "a project beside the home is noted with the variable that opens it", Clauses: []string{"MOVE-05"},
			Doc: "mounts a volume at /workspace and starts there, without and with HERMES_WRITE_SAFE_ROOT", Run: projects,
		},
		Check{
			Name: "the agent's sandbox finds its files where the home has one path on both sides", Clauses: []string{"MOVE-06"},
			Doc: "mounts the engine's socket, with the home at another and at the same path, and starts a sandbox", Run: sandboxPaths,
		},
	)
}

// oldEntry is an entry point of older images, as files of theirs still name it.
type oldEntry struct {
	name, clause string
	spec         harness.Spec
}

func oldEntries() []oldEntry {
	const docker = "/opt/hermes/docker/"
	entry := func(words ...string) harness.Spec { return harness.Spec{Entrypoint: words} }
	initEntry := func(words ...string) harness.Spec { return harness.Spec{Entrypoint: words, Host: withInit} }
	return []oldEntry{
		{"tini with entrypoint.sh", "SHIM-03", entry("/usr/bin/tini", "-g", "--", docker+"entrypoint.sh")},
		{"tini with entrypoint.sh under --init", "SHIM-03", initEntry("/usr/bin/tini", "-g", "--", docker+"entrypoint.sh")},
		{"entrypoint.sh under --init", "SHIM-04", initEntry(docker + "entrypoint.sh")},
		{"entrypoint-dispatch.sh", "SHIM-04", entry(docker + "entrypoint-dispatch.sh")},
		{"entrypoint-dispatch.sh under --init", "SHIM-04", initEntry(docker + "entrypoint-dispatch.sh")},
		{"main-wrapper.sh alone", "SHIM-04", entry(docker + "main-wrapper.sh")},
		{"main-wrapper.sh alone under --init", "SHIM-04", initEntry(docker + "main-wrapper.sh")},
		{"/init with entrypoint.sh", "SHIM-03", entry("/init", docker+"entrypoint.sh")},
		{"a shell that runs entrypoint.sh", "SHIM-04", entry("sh", "-c", `"$0" "$@"; exit $?`, docker+"entrypoint.sh")},
		{"entrypoint.sh as command", "SHIM-03", harness.Spec{Cmd: []string{docker + "entrypoint.sh"}}},
	}
}

func (e oldEntry) run(ctx context.Context, s *harness.Subject) error {
	e.spec.Cmd = append(e.spec.Cmd, "sh", "-c", "echo REACHED; id -un; tr '\\0' ' ' </run/s6/container_command; exit 42")
	code, out, errs, err := run(ctx, s, e.spec)
	const want = "REACHED\nhermes\n/opt/hermes/docker/main-wrapper.sh sh -c "
	if err == nil && (code != 42 || !strings.Contains(out, want)) {
		err = violates(e.clause, "want %q and exit code 42, got %d and:\n%s%s", want, code, out, errs)
	}
	return err
}

func oldEntriesRestart(ctx context.Context, s *harness.Subject) error {
	var errs []error
	for _, e := range oldEntries() {
		if e.name != "entrypoint.sh under --init" && e.name != "main-wrapper.sh alone under --init" && e.name != "tini with entrypoint.sh" {
			continue
		}
		e.spec.Cmd = []string{"sleep", "infinity"}
		c, err := s.Start(ctx, e.spec)
		if err == nil {
			err = booted(ctx, c)
		}
		if err == nil {
			err = c.Restart(ctx)
		}
		if err == nil {
			_, err = c.WaitSh(ctx, "health after a restart", "/command/hermes-health", bootLimit)
		}
		if err != nil {
			errs = append(errs, violates("SHIM-04", "%s: %v", e.name, err))
		}
	}
	return errors.Join(errs...)
}

func oldGateway(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		Entrypoint: []string{"/usr/bin/tini"}, Cmd: []string{"-g", "--", "/opt/hermes/docker/entrypoint.sh", "gateway", "run"},
	})
	if err != nil {
		return err
	}
	if err := gatewayRuns(ctx, c); err != nil {
		return broken("SHIM-03", err)
	}
	return expectSh(ctx, c, "SHIM-03", `/command/s6-svstat -o wantedup /run/service/gateway-default | grep -qx true`)
}

func gonePaths(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{
		"HERMES_DASHBOARD": "1", "PLAYWRIGHT_BROWSERS_PATH": "/opt/hermes/tools", "HERMES_WEB_DIST": "/opt/hermes/gone/web_dist",
		"HERMES_TUI_DIR": "/opt/hermes/gone", "HERMES_BUNDLED_SKILLS": "/opt/hermes/gone/skills",
	}})
	if err != nil {
		return err
	}
	logs, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for name, want := range map[string]string{
		"HERMES_WEB_DIST": "/opt/hermes/hermes_cli/web_dist", "HERMES_TUI_DIR": "/opt/hermes/ui-tui", "HERMES_BUNDLED_SKILLS": "",
	} {
		if strings.Count(logs, "Warning: "+name+": ") != 1 {
			errs = append(errs, violates("MOVE-03", "want one line about %s:\n%s", name, logs))
		}
		errs = append(errs, foundBy(ctx, c, "MOVE-03", fault{object: name, cause: `is not in this image`}),
			expectSh(ctx, c, "MOVE-03", fmt.Sprintf(`p=$(pgrep -f '^sleep infinity$' | head -n 1); test "$(tr '\0' '\n' </proc/$p/environ | sed -n 's/^%s=//p')" = '%s'`, name, want)))
	}
	_, err = c.WaitSh(ctx, "answer of the dashboard", `curl -fs http://127.0.0.1:9119/ | grep -qi '<html'`, gatewayLimit)
	return errors.Join(append(errs, broken("MOVE-03", err))...)
}

func strayVolumes(ctx context.Context, s *harness.Subject) error {
	old, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	agents, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	c, err := startIdle(ctx, s, harness.Spec{
		Volumes: []harness.Volume{{Name: old, Path: "/root/.hermes"}, {Name: agents, Path: "/srv/agent"}},
		Files: []harness.File{
			{Path: "/srv/agent/SOUL.md", Content: "a soul\n"}, {Path: "/srv/agent/config.yaml", Content: "{}\n"},
		},
	})
	if err != nil {
		return err
	}
	logs, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for point, volume := range map[string]string{"/root/.hermes": old, "/srv/agent": agents} {
		fix := fmt.Sprintf("docker run -v %s:/opt/data in place of -v %s:%s", volume, volume, point)
		if !strings.Contains(logs, fix) {
			errs = append(errs, violates("MOVE-01", "want a line with %q:\n%s", fix, logs))
		}
		errs = append(errs, foundBy(ctx, c, "MOVE-01", fault{object: point, cause: `mounted where nothing looks`}))
	}
	// What may be somebody's data is the agent's only where the agent's home has no volume.
	for home, found := range map[string]bool{"": true, "/opt/data": false} {
		spec := harness.Spec{Volumes: []harness.Volume{{Name: old, Path: "/config"}}, Cmd: []string{"container", "doctor"}}
		if home != "" {
			spec.Volumes = append(spec.Volumes, harness.Volume{Name: agents, Path: home})
		}
		_, out, stderr, err := run(ctx, s, spec)
		if err == nil && strings.Contains(out, "✗ /config: a volume is mounted where nothing looks") != found {
			err = violates("MOVE-01", "with a volume at %q want a finding about /config: %v, got:\n%s%s", home, found, out, stderr)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func passingHomes(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	tmpfs := func(h *container.HostConfig) { h.Tmpfs = map[string]string{"/opt/data": "uid=10000,gid=10000"} }
	var errs []error
	for name, c := range map[string]struct {
		spec harness.Spec
		note string
	}{
		"no volume":      {harness.Spec{}, "anonymous volume"},
		"a tmpfs":        {harness.Spec{Host: tmpfs}, "temporary file system"},
		"another home":   {harness.Spec{Env: map[string]string{"HERMES_HOME": "/data/hermes"}}, "it is on no volume"},
		"a named volume": {harness.Spec{Volumes: []harness.Volume{{Name: volume}}}, ""},
	} {
		c.spec.Cmd = []string{"container", "doctor"}
		code, out, stderr, err := run(ctx, s, c.spec)
		switch {
		case err != nil:
			errs = append(errs, err)
		case code != 0 || c.note == "" && strings.Contains(out, "→"), !strings.Contains(out, c.note):
			errs = append(errs, violates("MOVE-01", "%s: want a note like %q and exit code 0, got %d and:\n%s%s", name, c.note, code, out, stderr))
		}
	}
	return errors.Join(errs...)
}

func closedHome(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{
		Env: map[string]string{"HERMES_HOME": "/root/.hermes"}, Volumes: []harness.Volume{{Name: volume, Path: "/root/.hermes"}}, Cmd: []string{"true"},
	}
	_, out, errs, err := run(ctx, s, spec)
	if err != nil {
		return err
	}
	const says = "hermes cannot enter /root, "
	fix := "docker run -v " + volume + ":/opt/data without -e HERMES_HOME"
	if logs := out + errs; strings.Count(logs, says) != 1 || !strings.Contains(logs, fix) || strings.Contains(logs, "cannot write /root/.hermes") {
		return violates("MOVE-02", "want %q once, %q, and no line about writing:\n%s", says, fix, logs)
	}
	spec.Cmd = []string{"container", "doctor"}
	code, out, errs, err := run(ctx, s, spec)
	if err == nil && (code != 1 || strings.Count(out, "✗ ") != 1 || !strings.Contains(out, says) || !strings.Contains(out, fix)) {
		err = violates("MOVE-02", "want this one finding, got %d and:\n%s%s", code, out, errs)
	}
	return err
}

func hiddenImage(ctx context.Context, s *harness.Subject) error {
	var errs []error
	for _, words := range [][]string{{"gateway", "run"}, {"container", "doctor"}} {
		code, out, stderr, err := run(ctx, s, harness.Spec{
			Cmd: words, Host: func(h *container.HostConfig) { h.Tmpfs = map[string]string{"/opt/hermes": ""} },
		})
		if err == nil && (code != 100 || !strings.Contains(stderr, `a mount at "/opt/hermes" hides this image's own files`)) {
			err = violates("MOVE-04", "%q: want exit code 100 and the mount in one line, got %d and:\n%s%s", words, code, out, stderr)
		}
		errs = append(errs, err)
	}
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	c, err := startIdle(ctx, s, harness.Spec{Volumes: []harness.Volume{{Name: volume, Path: "/opt/hermes"}}})
	if err != nil {
		return err
	}
	errs = append(errs, foundBy(ctx, c, "MOVE-04", fault{object: "/opt/hermes", cause: `hides the image's own files`}))
	logs, err := c.AllLogs(ctx)
	if err == nil && !strings.Contains(logs, "docker run without -v "+volume+":/opt/hermes") {
		err = violates("MOVE-04", "want a line with the fix:\n%s", logs)
	}
	return errors.Join(append(errs, err)...)
}

// deniesWriting asks the agent's file tools, and prints True or False for each path.
const deniesWriting = `cd /opt/hermes && python3 -c 'import sys; from agent.file_safety import is_write_denied
for path in sys.argv[1:]: print(is_write_denied(path))' `

func followingHome(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{
		Env:     map[string]string{"HERMES_HOME": "/data/hermes", "SEEN": "/opt/data"},
		Volumes: []harness.Volume{{Name: volume, Path: "/data/hermes"}},
		Cmd: []string{"sh", "-c", `mkdir -p /data/hermes/workspace; ` + deniesWriting + `/data/hermes/workspace/x.txt /opt/data/x.txt
			env | grep /opt/data; echo ~hermes; command -v mine`},
		Files: []harness.File{script("/data/hermes/.local/bin/mine", "true")},
	}
	code, out, errs, err := run(ctx, s, spec)
	const want = "False\nTrue\nSEEN=/opt/data\n/data/hermes\n/data/hermes/.local/bin/mine\n"
	if err == nil && !strings.HasSuffix(out, want) {
		err = violates("ENV-15", "want the home to be writable and nothing else at /opt/data, got %d and:\n%s%s", code, out, errs)
	}
	if err != nil {
		return err
	}
	spec.Env["HERMES_WRITE_SAFE_ROOT"] = "/srv"
	spec.Cmd = []string{"sh", "-c", "echo $HERMES_WRITE_SAFE_ROOT"}
	code, out, errs, err = run(ctx, s, spec)
	if err == nil && !strings.HasSuffix(out, "\n/srv\n") && out != "/srv\n" {
		err = violates("ENV-15", "what the user set has changed: %d and:\n%s%s", code, out, errs)
	}
	return err
}

func projects(ctx context.Context, s *harness.Subject) error {
	home, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	work, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{
		Volumes: []harness.Volume{{Name: home}, {Name: work, Path: "/workspace"}}, WorkDir: "/workspace", Cmd: []string{"container", "doctor"},
	}
	var errs []error
	for safe, note := range map[string]bool{"": true, "/opt/data:/workspace": false} {
		if safe != "" {
			spec.Env = map[string]string{"HERMES_WRITE_SAFE_ROOT": safe}
		}
		code, out, stderr, err := run(ctx, s, spec)
		if err == nil && (code != 0 || strings.Contains(out, "docker run -e HERMES_WRITE_SAFE_ROOT=/opt/data:/workspace") != note) {
			err = violates("MOVE-05", "with HERMES_WRITE_SAFE_ROOT=%q want a note: %v; got %d and:\n%s%s", safe, note, code, out, stderr)
		}
		errs = append(errs, err)
		spec.Env = nil
	}
	return errors.Join(errs...)
}

func sandboxPaths(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	socket := func(h *container.HostConfig) { h.Binds = append(h.Binds, "/var/run/docker.sock:/var/run/docker.sock") }
	const object = "/var/run/docker.sock: the agent's sandbox mounts files of "
	code, out, errs, err := run(ctx, s, harness.Spec{Host: socket, Volumes: []harness.Volume{{Name: volume}}, Cmd: []string{"container", "doctor"}})
	if err == nil && (code != 1 || !strings.Contains(out, object+"/opt/data")) {
		err = violates("MOVE-06", "want a finding about %q, got %d and:\n%s%s", object, code, out, errs)
	}
	if err != nil {
		return err
	}
	// The engine keeps a volume in a directory of its host: mounted at that path, the home has one path on both sides.
	source := "/var/lib/docker/volumes/" + volume + "/_data"
	code, out, errs, err = run(ctx, s, harness.Spec{
		Host: socket, Env: map[string]string{"HERMES_HOME": source}, Volumes: []harness.Volume{{Name: volume, Path: source}},
		Cmd: []string{"sh", "-c", `hermes container doctor; docker run --rm -v "$HERMES_HOME/skills:/seen" --entrypoint sh "$0" -c 'ls /seen | wc -l'`, s.Image()},
	})
	if err == nil && (strings.Contains(out+errs, object) || strings.HasSuffix(out, "\n0\n") || code != 0) {
		err = violates("MOVE-06", "want skills in the sandbox and no finding, got %d and:\n%s%s", code, out, errs)
	}
	return err
}

// foundBy asks the doctor of a running container for one finding.
func foundBy(ctx context.Context, c *harness.Container, clause string, f fault) error {
	res, err := c.Exec(ctx, harness.Exec{Cmd: []string{"/opt/hermes/bin/hermes", "container", "doctor", "--json"}})
	if err == nil && !f.among(res.Stdout) {
		err = violates(clause, "want a finding about %q like %q with a fix, got %s", f.object, f.cause, res)
	}
	return err
}
