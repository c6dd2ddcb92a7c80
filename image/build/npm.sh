#!/bin/sh
# Installs the npm packages of the browser tools in /out/npm and makes the places
# where they look for Chromium's headless shell: in /out/browser those that hold for
# any shell, in /out/debian the one for Debian's.
# usage: npm.sh DIRECTORY-OF-THE-LOCK
set -eu
umask 022
out=/out/npm
home=$out/opt/hermes
mkdir -p "$home" "$out"/usr/local/bin
cp "$1/package.json" "$1/package-lock.json" "$home/"
cd "$home"
npm ci --ignore-scripts --omit=dev --no-audit --no-fund --cache=/tmp/npm

# agent-browser ships a binary for each platform: one is needed.
case $(uname -m) in
x86_64) native=agent-browser-linux-x64 ;;
aarch64) native=agent-browser-linux-arm64 ;;
*) echo "npm.sh: agent-browser has no binary for $(uname -m)" >&2 && exit 1 ;;
esac
find node_modules/agent-browser/bin -type f ! -name '*.js' ! -name "$native" -delete
chmod 0755 "node_modules/agent-browser/bin/$native"
ln -s "/opt/hermes/node_modules/agent-browser/bin/$native" "$out"/usr/local/bin/agent-browser
chmod -R a+rX,go-w "$out"

# Playwright looks for the shell of its own revision. agent-browser knows
# Playwright's directories, too, but of these only an older name of Chromium.
browsers=opt/hermes/.playwright
revision=$(node -p 'require("./node_modules/playwright-core/browsers.json").browsers
	.find(b => b.name === "chromium-headless-shell").revision')
shell=chromium_headless_shell-$revision/chrome-headless-shell-linux64
mkdir -p "/out/debian/$browsers/$shell" "/out/browser/$browsers/chromium-$revision/chrome-linux"
ln -s /usr/lib/chromium/chromium-headless-shell "/out/debian/$browsers/$shell/chrome-headless-shell"
touch "/out/debian/$browsers/chromium_headless_shell-$revision/INSTALLATION_COMPLETE"
ln -s "../../$shell/chrome-headless-shell" "/out/browser/$browsers/chromium-$revision/chrome-linux/chrome"
