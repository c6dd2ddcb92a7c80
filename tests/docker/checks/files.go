package checks

import (
	"context"

	"caduceus/tests/docker/harness"
)

// fileChecks look at the files of the image, in a booted container: what holds
// there after the boot held before it.
// contract: IMG-05 IMG-06 IMG-07 IMG-08 IMG-09 IMG-10 IMG-11 IMG-12 IMG-13
// contract: IMG-14 IMG-15 IMG-16 IMG-17 IMG-18 IMG-19 IMG-20 IMG-21
func fileChecks() []Check {
	return append(append(probes(idle(), layoutProbes()), probes(idle(), agentTreeProbes())...), Check{
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

func layoutProbes() []probe {
	return []probe{
		{
			clause: "IMG-05", name: "docker exec reaches s6-svstat by its absolute path",
			script: `/command/s6-svstat /run/service/main-hermes`, match: `^up `,
		},
		{
			clause: "IMG-06", name: "hermes is 10000:10000 with home /opt/data",
			script: `getent passwd hermes | cut -d: -f3,4,6; getent group hermes | cut -d: -f1,3`, want: "10000:10000:/opt/data\nhermes:10000",
		},
		{
			clause: "IMG-08", name: "the supervision tools are in /command",
			script: `for t in s6-svstat s6-svc s6-svscanctl s6-svwait s6-setuidgid s6-log s6-sleep with-contenv execlineb; do
  test -x /command/$t || { echo "$t is missing"; exit 1; }; done; test -d /package/admin/s6-overlay`,
		},
		{
			clause: "IMG-09", name: "the three cont-init scripts are executable",
			script: `for f in 01-hermes-setup 015-supervise-perms 02-reconcile-profiles; do
  test -x /etc/cont-init.d/$f || { echo /etc/cont-init.d/$f; exit 1; }; done`,
		},
		{
			clause: "IMG-10", name: "the static services are described in the form of s6-rc",
			script: `cd /etc/s6-overlay/s6-rc.d || exit 1
for s in main-hermes dashboard; do
  test "$(cat $s/type)" = longrun && test "$(stat -c %a $s/run)" = 755 && test -e $s/dependencies.d/base || { echo $s; exit 1; }
  test -e user/contents.d/$s || { echo "$s is not in the bundle user"; exit 1; }
done; test "$(stat -c %a dashboard/finish)" = 755`,
		},
		{
			clause: "IMG-11", name: "the scripts of /opt/hermes/docker are there, without byte-order mark or CRLF",
			script: `cd /opt/hermes/docker || exit 1
for f in main-wrapper.sh stage2-hook.sh entrypoint.sh hermes-exec-shim.sh tini-shim.sh SOUL.md s6-rc.d/dashboard/run; do
  test -f $f || { echo "$f is missing"; exit 1; }
  if grep -q "$(printf '\r')" $f || head -c3 $f | grep -q "$(printf '\357\273\277')"; then echo "$f has a mark or CRLF"; exit 1; fi
done; grep -q 'export HOME=/opt/data' s6-rc.d/dashboard/run`,
		},
		{
			clause: "IMG-12", name: "only root can write to the install tree", user: "0",
			script: `find /opt/hermes ! -type l \( ! -user root -o -perm /022 -o ! -perm -0444 -o -type d ! -perm -0555 \) -print -quit |
  grep . && exit 1; test "$(stat -c %U:%a /opt/hermes)" = root:755 && ! test -e /opt/hermes/.git && ! test -e /opt/hermes/.env`,
		},
		{
			clause: "IMG-12", name: "hermes can create no file in the install tree",
			script: `for d in /opt/hermes /opt/hermes/.venv /opt/hermes/agent; do touch $d/probe 2>/dev/null && { echo $d; exit 1; }; done; true`,
		},
	}
}

// agentTreeProbes look at the agent's own files.
func agentTreeProbes() []probe {
	return []probe{
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
			clause: "IMG-16", name: "licence, terminal interface and migration scripts are regular files",
			script: `for f in LICENSE ui-tui/dist/entry.js scripts/docker_config_migrate.py scripts/docker_rebootstrap_nous_session.py; do
  test -f /opt/hermes/$f && ! test -L /opt/hermes/$f || { echo $f; exit 1; }; done`,
		},
		{
			clause: "IMG-17", name: "the terminal interface starts prebuilt",
			script: `cd /opt/hermes && python3 -c '
from pathlib import Path
from hermes_cli.main import _make_tui_argv
print(" ".join(_make_tui_argv(Path("/opt/hermes/ui-tui"), False)[0]))'`, match: `node --expose-gc \S*/dist/entry\.js\n`,
		},
		{
			clause: "IMG-18", name: "the seed files are there",
			script: `for f in .env.example cli-config.yaml.example docker/SOUL.md; do test -s /opt/hermes/$f || { echo /opt/hermes/$f; exit 1; }; done`,
		},
		{clause: "IMG-19", name: "/usr/bin/tini is a script", script: `test -x /usr/bin/tini && ! test -L /usr/bin/tini && head -c2 /usr/bin/tini`, want: "#!"},
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
