#!/bin/sh
# Makes the locks anew from the *.in files, package.json and an unpacked agent.
# Needs uv and npm. An update of the agent itself changes agent.lock by hand:
# name, version and the hash of its source distribution.
# usage: image/build/update-locks.sh AGENT-DIRECTORY
set -eu
agent=$(realpath "$1")
cd "$(dirname "$0")/../locks"

lock() {
	uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header "$@"
}
lock tools.in -o tools.lock
lock build.in -o build.lock
lock "$agent/pyproject.toml" python.in -o python.lock \
	--extra all --extra messaging --extra anthropic --extra bedrock --extra azure-identity --extra hindsight --extra matrix
npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
