// Command hermes is the front of the agent's command line: /opt/hermes/bin/hermes in the image, and hermes
// in the agent's environment is a link to it. It serves the verbs that are about supervision, and
// executes the agent's own entry point for all others: arguments, environment, terminal and exit code
// untouched. It holds no state and keeps nothing running but the heartbeat that `gateway run` becomes.
//
// internal/front/cli has the verbs.
package main
