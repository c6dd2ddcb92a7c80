// Package cli is the front of the agent's command line, called as `hermes`. Run finds out who answers
// (route): the agent, which is then executed in place of this process, or one of the verbs here, one
// file a verb.
//
// What the environment says to the front: HERMES_HOME and S6_PROFILE_GATEWAY_SCANDIR say where
// profiles and slots are; HERMES_DOCKER_EXEC_AS_ROOT keeps root; HERMES_GATEWAY_NO_SUPERVISE,
// HERMES_GATEWAY_RESPECT_STOP, HERMES_ALLOW_ROOT_GATEWAY and HERMES_S6_SUPERVISED_CHILD decide about
// `gateway run`; HERMES_ORIG_CWD is the directory of the container's main program.
//
// Decisions are elsewhere (gateway.Decide, reconcile.Plan) or in pure functions here (route, program).
// The package is not a library for other programs, and it does not parse the agent's own verbs.
package cli
