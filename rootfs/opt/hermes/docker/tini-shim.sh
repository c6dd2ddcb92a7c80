#!/bin/sh
# Takes a tini command line and runs its command by /init: tini's flags mean nothing there.
# HERMES_TINI_SHIM_TARGET and HERMES_TINI_SHIM_WRAPPER replace the two programs.

init="${HERMES_TINI_SHIM_TARGET:-/init}"
wrapper="${HERMES_TINI_SHIM_WRAPPER:-/opt/hermes/docker/main-wrapper.sh}"

while [ "$#" -gt 0 ]; do
	case "$1" in
	--)
		shift
		break
		;;
	-p | -e)
		shift
		[ "$#" -eq 0 ] || shift
		;;
	-*) shift ;;
	*) break ;;
	esac
done

# A command that names the init or the wrapper itself gets neither twice.
if [ "${1:-}" = /init ] || [ "${1:-}" = "$init" ]; then
	shift
fi
case "${1:-}" in
"$wrapper" | */main-wrapper.sh) shift ;;
esac
exec "$init" "$wrapper" "$@"
