#!/bin/sh
# The entry point of older images, for setups that name it with --entrypoint.

echo "[hermes] docker/entrypoint.sh is deprecated: the entry point is /init /opt/hermes/docker/main-wrapper.sh" >&2
if [ "$$" -eq 1 ] && [ "$#" -gt 0 ]; then
	exec /init /opt/hermes/docker/main-wrapper.sh "$@"
fi
exec /opt/hermes/docker/stage2-hook.sh
