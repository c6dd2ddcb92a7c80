#!/command/with-contenv sh
# The supervised gateway of profile @PROFILE@. The front becomes the agent in this very process: as
# hermes, in its home, and without starting the slot again, because of HERMES_S6_SUPERVISED_CHILD.
set -e
case $HERMES_HOME in /*) ;; *) HERMES_HOME=/opt/data ;; esac
export HERMES_HOME HOME="$HERMES_HOME" VIRTUAL_ENV=/opt/hermes/.venv
export PATH="/command:/opt/hermes/bin:/opt/hermes/.venv/bin:$PATH"
export HERMES_S6_SUPERVISED_CHILD=1 HERMES_GATEWAY_MAX_STARTS=0
unset HERMES_DOCKER_EXEC_AS_ROOT
exec hermes @SELECT@gateway run --replace
