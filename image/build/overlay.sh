#!/bin/sh
# Gives this repository's own files the modes and times they have in the image,
# whatever those of the checkout are.
# usage: overlay.sh DIRECTORY BRIDGE, with HERMES_GIT_SHA and SOURCE_DATE_EPOCH in the environment
set -eu
umask 022
out=$1
chmod -R a+rX,go-w "$out"
chmod 0755 "$out/init" "$out/opt/hermes/bin/hermes"
chmod 0700 "$out/root"

# Clients of s6 that open files in service directories: what is hermes' there, root does not open.
install -d "$out/command" "$out/usr/local/bin"
for client in /command/s6-sv* /command/s6-ftrig-* /command/s6-cleanfifodir; do
	case ${client##*/} in
	s6-svscan | s6-svstat) continue ;; # an init, and an applet of /init that opens by descriptors
	esac
	ln -s /opt/hermes/libexec/s6-client "$out$client"
	ln -s /opt/hermes/libexec/s6-client "$out/usr/local/bin/${client##*/}"
done

# The agent's own bridge, where it has one, takes the place of ours.
if [ -f "$2/opt/hermes/scripts/whatsapp-bridge/bridge.js" ]; then
	rm -rf "$out/opt/hermes/scripts/whatsapp-bridge"
fi

# Python reads this at each start: variables of the container win over .env.
site=$out/opt/hermes/.venv/lib/$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')/site-packages
mkdir -p "$site"
ln -s /opt/hermes/libexec/container_env.pth "$site/zz_container_env.pth"

if [ -n "${HERMES_GIT_SHA:-}" ]; then
	echo "$HERMES_GIT_SHA" >"$out/opt/hermes/.hermes_build_sha"
fi
if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
	find "$out" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
fi
