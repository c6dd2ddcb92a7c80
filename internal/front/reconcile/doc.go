// Package reconcile keeps the scandir's gateway slots in step with the profiles on the volume.
//
// At boot, Run is the script 02-reconcile-profiles: the scandir is empty at each container start, and Run gives each profile
// a slot and decides which of them start. Plan is that decision, a function from what was read to one
// Action a profile. Run reads, plans and acts: it removes stale files, publishes the slots, prints each
// action and appends all of them to the boot log in one write. It works as root and as hermes.
//
// From then on, a Follower looks every two seconds for profiles that came or went: the agent renames,
// imports and installs them, its dashboard does, or somebody moves a directory on the host. The front's
// own verbs register and remove their slots at once. A shared volume may tell nobody of its changes, so
// it looks instead of waiting for events. It leaves alone the slot of the default profile and slots that
// never had a profile, and starts nothing that the boot would not have started.
//
// Nothing here supervises: /init scans once the boot steps are over, and when a slot is registered.
package reconcile
