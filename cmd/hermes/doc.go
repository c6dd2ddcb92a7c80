// Command hermes is /opt/hermes/bin/hermes in the image. It runs the verbs about supervision itself (internal/front/cli).
// For all others it executes the agent's own entry point, with arguments, environment, terminal and exit code as they
// are.
package main
