// Package profile knows the agent's profiles as the supervisor sees them: which names are allowed,
// which profile a command line means, where a profile's directory is, and what its state files hold.
//
// Three files of a profile's directory matter here. gateway_state.json belongs to the agent and is
// shared with lifecycle verbs, which add desired_state to it. .gateway_intent.json is the image's own:
// what the operator asked for last. .gateway-planned-stop.json marks the signal that a gateway gets next
// as asked for. State.Recorded and Prior derive the one state that a boot goes by.
//
// Files are written to a temporary beside them, synced and renamed. What cannot be read is an error that
// names the file, never a panic, and callers go on without it. Profiles are made by the agent; nothing
// here starts or registers anything.
package profile
