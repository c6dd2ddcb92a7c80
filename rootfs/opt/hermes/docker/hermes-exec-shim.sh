#!/bin/sh
# A path of older images. hermes itself drops from root to the user hermes, as for "docker exec CONTAINER hermes ...".
exec /opt/hermes/bin/hermes "$@"
