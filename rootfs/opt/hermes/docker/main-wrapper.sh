#!/command/with-contenv sh
# Runs the arguments of "docker run" as hermes: a verb of hermes, or a program.
exec /opt/hermes/bin/hermes container main "$@"
