#!/command/with-contenv sh
# The supervised gateway of profile @PROFILE@. The front becomes the agent in this very process: as
# hermes, in its home, and without starting the slot again, because of HERMES_S6_SUPERVISED_CHILD.
export HERMES_S6_SUPERVISED_CHILD=1 HERMES_GATEWAY_MAX_STARTS=0 PATH="/command:/opt/hermes/bin:$PATH"
unset HERMES_DOCKER_EXEC_AS_ROOT
exec hermes @SELECT@gateway run --replace
