// Package profile knows the agent's profiles as the supervisor sees them: which names are allowed,
// which profile a command line means, where a profile's directory is, and what its state files say.
//
// Three files of a profile's directory matter here. gateway_state.json belongs to the agent and is
// shared with lifecycle verbs, which add desired_state to it. .gateway_intent.json is ours: what the
// operator asked for last. .gateway-planned-stop.json tells a gateway that the signal it gets was
// asked for. State.Recorded and Prior turn them into one word.
//
// Files are written to a temporary beside them, synced and renamed; what cannot be read is an error
// that names the file, never a panic, and callers go on without it. The package does not start, stop
// or register anything, and it is not the place where profiles are created: the agent does that.
package profile
