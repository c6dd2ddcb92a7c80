#!/bin/sh
# Installs the packages of the WhatsApp bridge in /out/bridge: those of the bridge
# in the agent's source where it has one, with that bridge, else those of ours.
# usage: bridge.sh DIRECTORY-OF-THE-AGENT'S DIRECTORY-OF-OURS
set -eu
umask 022
out=/out/bridge/opt/hermes/scripts/whatsapp-bridge
mkdir -p "$out" /work
if [ -f "$1/bridge.js" ]; then
	echo "WhatsApp bridge: the agent's own"
	cp -R "$1/." "$out/"
	cp -R "$1/." /work/
else
	echo "WhatsApp bridge: this repository's"
	cp -R "$2/." /work/
fi
cd /work
npm ci --ignore-scripts --omit=dev --no-audit --no-fund --cache=/tmp/npm

# Half of it is typings, source maps and the packages' own tests. The agent compares
# the hash with that of package.json, and installs by itself where they differ.
find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
find node_modules -type d \( -name test -o -name tests \) -prune -exec rm -rf {} +
rm -rf node_modules/@types node_modules/undici-types
sha256sum package.json | cut -c1-16 >node_modules/.hermes-pkg-hash
rm -rf "$out/node_modules"
mv node_modules "$out/"
chmod -R a+rX,go-w /out/bridge
