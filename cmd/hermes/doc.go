// The program is /opt/hermes/bin/hermes in the image, and hermes in the agent's environment is a link
// to it. It serves the verbs that are about supervision and executes the agent's own entry point for
// all others: arguments, environment, terminal and exit code untouched.
//
// It is not the agent, and not the init: it holds no state and keeps nothing running but the
// heartbeat that it becomes.
package main
