// Package reconcile is the boot step 02: it turns the profiles on the volume into slots of the scandir,
// which a container start always finds empty, and decides which of them start.
//
// Plan is the decision, a function from what was read to one Action a profile. Run reads, plans,
// and acts: it removes stale files, publishes the slots, repeats each action on stdout and appends
// all of them to the boot log in one write. It works as root and as hermes.
//
// The package does not supervise or start anything by itself: /init scans when the boot steps are
// over. It is not a watcher either: package follow finds profiles that appear later and
// has Adopt register them.
package reconcile
