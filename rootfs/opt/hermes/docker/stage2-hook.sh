#!/bin/sh
# Sets up user and volume. /etc/cont-init.d/01-hermes-setup runs it at boot. Run it by hand in a running container after
# changes to the volume.
exec /opt/hermes/bin/hermes container setup
