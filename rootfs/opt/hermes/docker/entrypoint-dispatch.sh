#!/bin/sh
# The entry point of other images of the agent, for setups that still name it.
exec /opt/hermes/bin/hermes container entrypoint "$@"
