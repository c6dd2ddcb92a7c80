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
	PipCheck       = "pip installs on the volume, where hermes' Python looks and root's does not"
	ToolCacheCheck = "what npx and uvx fetch can be executed, whatever /tmp is"
	SSHCheck       = "ssh goes by HOME, each profile by its own, and root by none of them"
)

// packageChecks are about what hermes installs, and about its keys.
// contract: TOOL-18 TOOL-19 TOOL-20
func packageChecks() []Check {
	return []Check{
		{
			Name: PipCheck, Clauses: []string{"TOOL-18", "IMG-12"},
			Doc: "pip, python3 -m pip and uv with a wheel made on the spot; again in a new container; sitecustomize and .pth of hermes, run by root", Run: pipOnVolume,
		},
		{
			Name: ToolCacheCheck, Clauses: []string{"TOOL-19", "TOOL-16"},
			Doc: "--read-only with --tmpfs /tmp, noexec and exec, and on a noexec volume; runs a program in each cache, also in docker exec", Run: toolCaches,
		},
		{
			Name: SSHCheck, Clauses: []string{"TOOL-20"},
			Doc: "ssh -v with HOME of the default profile, of another, and as root", Run: sshFollowsHome,
		},
	}
}

// wheel makes a package with a module and a program: wheel NAME.
const wheel = `wheel() { python3 - "$1" <<'EOF'
import sys, zipfile
name = sys.argv[1]
with zipfile.ZipFile(f"/tmp/{name}-1.0-py3-none-any.whl", "w") as z:
    z.writestr(f"{name}.py", "def main(): print('ran', __name__)\n")
    info = f"{name}-1.0.dist-info/"
    z.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr(info + "entry_points.txt", f"[console_scripts]\n{name}-cmd = {name}:main\n")
    z.writestr(info + "RECORD", "")
EOF
}; `

func pipOnVolume(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	c, err := startIdle(ctx, s, harness.Spec{Volumes: []harness.Volume{{Name: volume}}})
	if err != nil {
		return err
	}
	const runs = `python3 -c 'import probe_a, probe_b, probe_c' && probe_a-cmd && probe_d-cmd && pip freeze | grep -c probe_`
	login := func(c *harness.Container, user, script string) (harness.Result, error) {
		return c.Exec(ctx, harness.Exec{Cmd: []string{"bash", "-lc", script}, User: user})
	}
	install, err := login(c, "hermes", "set -e; "+wheel+`for n in a b c; do wheel probe_$n; done; touch /tmp/before
		pip install -q --no-index /tmp/probe_a-*.whl; python3 -m pip install -q --no-index --user /tmp/probe_b-*.whl
		cd /opt/hermes; uv pip install -q --no-index /tmp/probe_c-*.whl`)
	if err == nil && install.Code != 0 {
		err = violates("TOOL-18", "pip as hermes: %s", install)
	}
	if err != nil {
		return err
	}
	var all []error
	roots, err := login(c, "0", wheel+`wheel probe_d; pip install -q --no-index /tmp/probe_d-*.whl; find /opt/data/.local -user root; find /opt/hermes -newer /tmp/before ! -path '*/__pycache__*'`)
	if err == nil && (roots.Code != 0 || roots.Stdout != "") {
		err = violates("TOOL-18", "want root's pip to install as hermes, and the sealed tree as it was, got: %s", roots)
	}
	all = append(all, err)

	// What hermes can write there runs as hermes, and never as root.
	const trap = `cd /opt/data/.local/lib/python3*/site-packages && echo 'import os; open(f"/tmp/ran-{os.getuid()}", "w")' | tee sitecustomize.py >trap.pth`
	if res, err := login(c, "hermes", trap+"; python3 -c 1; ls /tmp/ran-10000"); err != nil || res.Code != 0 {
		all = append(all, err, violates("TOOL-18", "the trap does not work: %s", res))
	}
	res, err := login(c, "0", `for p in python3 /opt/hermes/.venv/bin/python /usr/bin/python3; do HERMES_HOME=/opt/data $p -c 'import sys; print(*sys.path)'; done; ls /tmp/ran-0 2>/dev/null; true`)
	if err == nil && (strings.Contains(res.Stdout, "/opt/data") || strings.Contains(res.Stdout, "ran-0")) {
		err = violates("TOOL-18", "root's Python looks on the volume: %s", res)
	}
	all = append(all, err)

	again, err := startIdle(ctx, s, harness.Spec{Volumes: []harness.Volume{{Name: volume}}})
	if err != nil {
		return errors.Join(append(all, err)...)
	}
	res, err = login(again, "hermes", runs)
	if err == nil && (res.Code != 0 || res.Stdout != "ran probe_a\nran probe_d\n4\n") {
		err = violates("TOOL-18", "after a re-creation: %s", res)
	}
	return errors.Join(append(all, err)...)
}

// readOnlyWith is --read-only with these file systems in memory.
func readOnlyWith(tmpfs map[string]string) func(*container.HostConfig) {
	return func(h *container.HostConfig) { h.ReadonlyRootfs, h.Tmpfs = true, tmpfs }
}

func toolCaches(ctx context.Context, s *harness.Subject) error {
	const try = `for dir in "$(npm config get cache)" "$(uv cache dir)"; do
		mkdir -p "$dir" && printf '#!/bin/sh\necho ran\n' >"$dir/probe" && chmod 755 "$dir/probe" && "$dir/probe"; echo "$dir"; done`
	var all []error
	for _, e := range []struct {
		name, tmp, data string // options of their file systems; data "": a volume
		prints, says    string
	}{
		{"noexec", "", "", "ran\n/opt/data/cache/tools/npm\nran\n/opt/data/cache/tools/uv\n", "[stage2] /tmp is mounted noexec: npx and uvx keep"},
		{"exec", "exec", "", "ran\n/tmp/hermes-cache/npm\nran\n/tmp/hermes-cache/uv\n", ""},
		{"noexec on a noexec volume", "", "mode=755,uid=10000,gid=10000", "", "[stage2] Warning: /tmp is mounted noexec, and /opt/data is mounted noexec"},
	} {
		tmpfs := map[string]string{"/run": "", "/tmp": e.tmp}
		if e.data != "" {
			tmpfs["/opt/data"] = e.data
		}
		c, err := s.Start(ctx, harness.Spec{Host: readOnlyWith(tmpfs), Cmd: []string{"sh", "-c", try + " 2>&1; echo done; exec sleep infinity"}})
		if err != nil {
			return err
		}
		if err := c.WaitLog(ctx, "done\n", bootLimit); err != nil {
			return err
		}
		out, errs, err := c.Logs(ctx)
		if err != nil {
			return err
		}
		if e.prints != "" && out != e.prints+"done\n" || !strings.Contains(errs, e.says) || e.says == "" && strings.Contains(errs, "noexec") {
			all = append(all, violates("TOOL-19", "%s: want %q and a line with %q, got:\n%s%s", e.name, e.prints, e.says, out, errs))
		}
		if e.prints == "" {
			continue
		}
		res, err := c.Sh(ctx, try)
		if err == nil && strings.Count(res.Stdout, "ran\n") != 2 {
			err = violates("TOOL-19", "%s, in docker exec: %s", e.name, res)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

func sshFollowsHome(ctx context.Context, s *harness.Subject) error {
	c, err := s.Shared(ctx, idle())
	if err != nil {
		return err
	}
	// The other end says who it is and hangs up: ssh has read its keys by then.
	const ask = `{ ssh -v -o ProxyCommand='echo SSH-2.0-probe' probe 2>&1; ssh -G probe 2>&1; } | tr -d '\r' |
		sed -n 's/^debug1: \(identity file .*\) type [0-9]*$/\1/p; /^user/p; /^userknown/p; /^Bad/p'`
	res, err := c.Sh(ctx, `cd /opt/data; for home in home profiles/coder/home; do
		mkdir -p $home/.ssh; chmod 700 $home/.ssh; printf "Host probe\n\tUser user-of-$(dirname $home | tr / -)\n" >$home/.ssh/config
		ssh-keygen -q -t ed25519 -N "" -f $home/.ssh/id_ed25519 >/dev/null 2>&1 </dev/null; done; ls home/.ssh profiles/coder/home/.ssh | grep -c '^id_ed25519$'`)
	if err != nil || res.Output() != "2" {
		return errors.Join(err, fmt.Errorf("cannot make keys: %s", res))
	}
	var all []error
	for home, user := range map[string]string{"/opt/data/home": "user-of-.", "/opt/data/profiles/coder/home": "user-of-profiles-coder"} {
		res, err := c.Sh(ctx, "export HOME="+home+"; "+ask)
		if err != nil {
			return err
		}
		for _, line := range []string{
			"identity file " + home + "/.ssh/id_ed25519\n", "userknownhostsfile " + home + "/.ssh/known_hosts /opt/data/.ssh/known_hosts\n", "user " + user + "\n",
		} {
			if !strings.Contains(res.Stdout, line) {
				all = append(all, violates("TOOL-20", "HOME=%s: want %q, got %s", home, line, res))
			}
		}
	}
	root, err := c.Root(ctx, "export HOME=/opt/data/home; "+ask)
	if err == nil && (strings.Contains(root.Stdout, "identity file") || strings.Contains(root.Stdout, "user-of")) { // ssh itself refuses such a file
		err = violates("TOOL-20", "root obeys what hermes wrote: %s", root)
	}
	return errors.Join(append(all, err)...)
}
