#!/bin/sh
# $1 is the exit code of run, or 256 if a signal killed it. With 125 the supervisor leaves the
# slot down: after a fatal configuration error (78), where another container has the gateways of the volume (69), and
# after a gateway that ended by itself with success though it was wanted up. S6_RUN_SIGNALLED is 0 if nobody sent
# run a signal.
#
# Once finish is over, what the gateway left is ended. What the agent will attach to again when it is back stays: the file
# leftovers-keep lists it, if the gateway is wanted up.
rm -f leftovers-keep
if [ "${S6_RUN_WANTED:-1}" = 1 ]; then
  GOMAXPROCS=1 /command/with-contenv /opt/hermes/bin/hermes container kept @PROFILE@ >leftovers-keep
fi
case $1 in
78 | 69) exit 125 ;;
0)
  if [ "${S6_RUN_SIGNALLED:-1}" = 0 ] && [ "$(/command/s6-svstat -o wantedup .)" = true ]; then
    echo "gateway @PROFILE@ ended by itself with exit code 0; it stays down until: hermes @SELECT@gateway start" >&2
    exit 125
  fi
  ;;
esac
exit 0
