package checks

import (
	"context"

	"caduceus/tests/docker/harness"
)

// fileChecks look at the files of the image, in a booted container: what holds
// there after the boot held before it.
// contract: IMG-05 IMG-06 IMG-07 IMG-08 IMG-09 IMG-10 IMG-11 IMG-12 IMG-13
// contract: IMG-14 IMG-15 IMG-16 IMG-17 IMG-18 IMG-19 IMG-20 IMG-21 IMG-23
func fileChecks() []Check {
	return append(append(facts(idle(), layoutFacts()), scripts(idle(), agentTreeScripts())...), Check{
		Name:    "hermes can write /opt/data even if init never ran",
		Clauses: []string{"IMG-07"},
		Doc:     "runs touch as hermes in place of the entry point",
		Run: func(ctx context.Context, s *harness.Subject) error {
			code, out, errs, err := run(ctx, s, harness.Spec{
				Entrypoint: []string{"touch"}, User: "hermes", Cmd: []string{"/opt/data/probe"},
			})
			if err == nil && code != 0 {
				err = violates("IMG-07", "touch exits %d: %s%s", code, out, errs)
			}
			return err
		},
	})
}

// agentTreeScripts look at the agent's own files.
func agentTreeScripts() []scripted {
	return []scripted{
		{
			clause: "IMG-12", name: "hermes can create no file in the install tree",
			script: `for d in /opt/hermes /opt/hermes/.venv /opt/hermes/agent; do touch $d/probe 2>/dev/null && { echo $d; exit 1; }; done; true`,
		},
		{
			clause: "IMG-13", name: "the project root is /opt/hermes",
			script: `hermes --version`, match: `Install directory: /opt/hermes\b`,
		},
		{
			clause: "IMG-13", name: "hermes cannot change the agent's code",
			script: `python3 -c "open('/opt/hermes/agent/message_sanitization.py','a')" 2>&1 | grep -o PermissionError`, want: "PermissionError",
		},
		{
			clause: "IMG-14", name: "hermes update points at Docker and changes nothing",
			script: `test "$(cat /opt/hermes/.install_method)" = docker || exit 9; hermes update </dev/null`, code: 1, match: `(?i)docker pull`,
		},
		{
			clause: "IMG-15", name: "hermes dump names the build or says that it is unknown",
			script: `if test -f /opt/hermes/.hermes_build_sha; then want=$(cut -c1-8 /opt/hermes/.hermes_build_sha); else want='(unknown)'; fi
hermes dump | grep -E '^version:' | grep -F "[$want]"`,
		},
		{
			clause: "IMG-17", name: "the terminal interface starts prebuilt",
			script: `cd /opt/hermes && python3 -c '
from pathlib import Path
from hermes_cli.main import _make_tui_argv
print(" ".join(_make_tui_argv(Path("/opt/hermes/ui-tui"), False)[0]))'`, match: `node --expose-gc \S*/dist/entry\.js\n`,
		},
		{
			clause: "IMG-20", name: "the image holds no tests and no package caches", user: "0",
			script: `for p in /opt/hermes/tests /root/.cache /root/.npm /var/cache/apt/pkgcache.bin; do test -e $p && { echo $p; exit 1; }; done
find /var/lib/apt/lists -type f ! -name lock -print -quit | grep . && exit 1
find /opt/hermes/scripts/whatsapp-bridge/node_modules -type d \( -name test -o -name tests \) -print -quit | grep . && exit 1; true`,
		},
		{
			clause: "IMG-20", name: "the image holds no credentials", user: "0",
			script: `test -e /run/secrets && { echo /run/secrets; exit 1; }
find / -xdev -type f \( -name .netrc -o -name .pypirc -o -name .git-credentials -o -name pip.conf -o -name 'id_rsa*' -o -name 'id_ed25519*' \) -print -quit | grep . && exit 1
find /opt /root /home -xdev \( -name node_modules -o -name site-packages \) -prune -o -type f \( -name .env -o -name auth.json \) -print | grep . && exit 1
grep -rlE '^-----BEGIN [A-Z ]*PRIVATE KEY|_auth(Token)?=' /etc /root /usr/local/etc /usr/local/share && exit 1; true`,
		},
		{
			clause: "IMG-21", name: "the agent uses the files of the install tree",
			script: `cd /opt/hermes && test -d node_modules/agent-browser && test -f hermes_cli/web_dist/index.html || exit 1
env | grep -E '^HERMES_(BUNDLED|OPTIONAL)_' && exit 1
find .venv -type d -name skills -path '*site-packages/skills' -print -quit | grep . && exit 1; true`,
		},
	}
}
