#!/bin/sh
# "docker exec CONTAINER hermes ..." as root drops to hermes in the front itself; this path of older
# images leads there.
exec /opt/hermes/bin/hermes "$@"
