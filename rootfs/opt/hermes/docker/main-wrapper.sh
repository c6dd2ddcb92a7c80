#!/bin/sh
# Runs the arguments of "docker run" as hermes: a verb of hermes, or a program.
if [ "$$" -eq 1 ] || [ ! -d /run/s6/container_environment ]; then
	exec /init "$0" "$@" # somebody has left /init out of the entry point
fi
exec /command/with-contenv /opt/hermes/bin/hermes container main "$@"
