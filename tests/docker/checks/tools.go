package checks

import (
	"context"
	"strings"

	"caduceus/tests/docker/harness"
)

// toolChecks look for the programs that the image promises.
// contract: TOOL-01 TOOL-02 TOOL-03 TOOL-04 TOOL-05 TOOL-06 TOOL-07 TOOL-08
// contract: TOOL-09 TOOL-10 TOOL-11 TOOL-12 TOOL-13 TOOL-16 SHIM-05
func toolChecks() []Check {
	return append(scripts(idle(), toolScripts()), Check{
		Name: "root can install a package in a running container", Clauses: []string{"TOOL-12"},
		Doc: "apt-get update and install, by docker exec -u 0; needs Debian's mirror, as the build does",
		Run: func(ctx context.Context, s *harness.Subject) error {
			c, err := startIdle(ctx, s, harness.Spec{})
			if err != nil {
				return err
			}
			res, err := c.Root(ctx, `apt-get -q update && apt-get -qy install hello && hello`)
			if err == nil && (res.Code != 0 || !strings.Contains(res.Stdout, "Hello, world!")) {
				err = violates("TOOL-12", "%s", res)
			}
			return err
		},
	})
}

// screenshot serves a page on loopback and has agent-browser photograph it.
const screenshot = `set -e
export HOME=/opt/data
PATH=$PATH:/opt/hermes/node_modules/.bin
dir=$(mktemp -d); cd "$dir"; echo "<h1>caduceus</h1>" >index.html
python3 -m http.server 18765 --bind 127.0.0.1 >/dev/null 2>&1 & server=$!
trap "agent-browser close >/dev/null 2>&1; kill $server; rm -rf $dir" EXIT
for i in 1 2 3 4 5 6 7 8 9 10; do curl -fs http://127.0.0.1:18765/ >/dev/null && break; sleep 0.3; done
agent-browser open http://127.0.0.1:18765/
agent-browser screenshot "$dir/page.png"
head -c8 page.png | od -An -c | grep -q "P   N   G" && test "$(stat -c %s page.png)" -gt 1000 && echo photographed`

func toolScripts() []scripted {
	return []scripted{
		{clause: "TOOL-01", name: "the base is Debian 13", script: `cat /etc/debian_version`, match: `^13\.\d+\n$`},
		{
			clause: "TOOL-02", name: "the agent lives in a virtual environment with a supported Python",
			script: `. /opt/hermes/.venv/bin/activate && python -c '
import sys, importlib.metadata as m
assert (3, 11) <= sys.version_info[:2] < (3, 14), sys.version
assert sys.prefix == "/opt/hermes/.venv", sys.prefix
print(m.version("hermes-agent"))'`, match: `^\d+\.\d+`,
		},
		{
			clause: "TOOL-03", name: "the production extras import",
			script: `python3 -c 'import fastapi, uvicorn, PIL, anthropic, boto3, azure.identity, telegram, discord, slack_bolt, mautrix, hindsight_client'`,
		},
		{clause: "TOOL-04", name: "the audio modules import", script: `python3 -c 'import sounddevice, numpy; sounddevice.get_portaudio_version()'`},
		{
			clause: "TOOL-05", name: "Node is an LTS release of at least 24, with npm and npx",
			script: `node -e 'process.exit(process.release.lts && +process.versions.node.split(".")[0] >= 24 ? 0 : 1)' && npm --version && npx --version`,
		},
		{clause: "TOOL-05", name: "uv and uvx are there", script: `uv --version && uvx --version`},
		{
			clause: "TOOL-06", full: true, name: "the headless shell lies where Playwright looks",
			script: `ls -d "$PLAYWRIGHT_BROWSERS_PATH"/chromium_headless_shell-* "$PLAYWRIGHT_BROWSERS_PATH"/chromium-* 2>/dev/null | grep .`,
		},
		{
			clause: "TOOL-06", full: true, name: "agent-browser saves a screenshot of a page on loopback, as hermes",
			script: "exec /command/with-contenv sh -c '" + screenshot + "'", match: `photographed`,
		},
		{clause: "TOOL-07", name: "ffmpeg runs", script: `ffmpeg -hide_banner -version`, full: true},
		{
			clause: "TOOL-07", name: "ripgrep, git and xz run",
			script: `rg --version && git --version && xz --version`,
		},
		{clause: "TOOL-08", name: "the Docker client is there, its daemon is not", script: `docker --version && ! command -v dockerd`},
		{
			clause: "TOOL-09", name: "the SSH tools are there",
			script: `for t in ssh scp sftp rsync tar; do command -v $t >/dev/null || { echo $t; exit 1; }; done`,
		},
		{
			clause: "TOOL-10", name: "the WhatsApp bridge is installed",
			script: `cd /opt/hermes/scripts/whatsapp-bridge && test -f bridge.js && test -f package.json && test -f package-lock.json && test -d node_modules`,
		},
		{
			clause: "TOOL-11", name: "the agent's everyday tools are there",
			script: `for t in bash sh curl ps pgrep kill ss su tput stat find grep awk tr getent id truncate ping python3 python; do
  command -v $t >/dev/null || { echo $t; exit 1; }; done; find /opt/hermes/LICENSE -readable`,
		},
		{
			clause: "TOOL-13", name: "a program in the volume's .local/bin is on the PATH",
			script: `mkdir -p /opt/data/.local/bin && printf '#!/bin/sh\necho found\n' >/opt/data/.local/bin/caduceus-probe &&
  chmod +x /opt/data/.local/bin/caduceus-probe && caduceus-probe`, want: "found",
		},
		{
			clause: "TOOL-16", name: "the caches of npm and uv lie outside the volume",
			script: `for d in "$(npm config get cache)" "$(uv cache dir)"; do
  case $d in /opt/data*) echo $d; exit 1;; esac; mkdir -p "$d" && test -w "$d" || { echo "$d cannot be written"; exit 1; }; done`,
		},
		{
			clause: "SHIM-05", name: "a login shell finds the image's python3 and hermes",
			script: `bash -lc 'command -v python3; command -v hermes'`, match: `^/opt/hermes/\S*python3\n/opt/hermes/\S*hermes\n$`,
		},
	}
}
