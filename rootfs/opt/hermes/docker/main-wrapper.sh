#!/command/with-contenv sh
# The container's command: routes the arguments of "docker run" and drops to hermes.
exec /opt/hermes/bin/hermes container main "$@"
