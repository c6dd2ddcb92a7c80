#!/bin/sh
# Takes the command line of tini, leaves out tini's flags and runs the command under /init.
# HERMES_TINI_SHIM_TARGET and HERMES_TINI_SHIM_WRAPPER replace the two programs, for tests.

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

# If the command names /init or the wrapper itself, do not run that twice.
if [ "${1:-}" = /init ] || [ "${1:-}" = "$init" ]; then
	shift
fi
case "${1:-}" in
"$wrapper" | */main-wrapper.sh) shift ;;
esac
exec "$init" "$wrapper" "$@"
