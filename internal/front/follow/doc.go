// Package follow keeps gateway slots in step with the profiles on the volume between two boots.
//
// The front's own verbs register and remove slots at once. Profiles also come and go by other hands:
// the agent's rename, import and install, its dashboard, or somebody who moves a directory on the
// host. Next is the decision, a function from one look and what earlier looks saw; Run looks every
// two seconds, as a shared volume may tell nobody of its changes, and acts.
//
// The package is not the reconciler: it leaves the default profile's slot, and slots that never had
// a profile, as they are, and it never starts what the boot would not have started.
package follow
