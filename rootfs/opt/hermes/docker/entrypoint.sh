#!/bin/sh
# The entry point of older images, for setups that still name it.
exec /opt/hermes/bin/hermes container entrypoint "$@"
