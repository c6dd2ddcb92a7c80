#!/bin/sh
# Runs the arguments of "docker run" as hermes: a verb of hermes, or a program.

# Somebody has left /init out of the entry point: this is PID 1, the child of an engine's own init, or there was no boot.
read -r first </proc/1/comm
if [ "$$" -eq 1 ] || [ ! -d /run/s6/container_environment ] || { [ "$PPID" -eq 1 ] && [ "$first" != s6-svscan ]; }; then
	exec /init "$0" "$@"
fi
exec /opt/hermes/bin/hermes container main "$@"
