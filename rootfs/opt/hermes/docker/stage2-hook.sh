#!/bin/sh
# Setup alone: user, volume, seeds. Run at boot by /etc/cont-init.d/01-hermes-setup, and by hand in a
# live container after changes to the volume.
exec /opt/hermes/bin/hermes container setup
