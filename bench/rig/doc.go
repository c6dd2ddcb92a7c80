// Package rig runs inits as the real PID 1 of new namespaces and measures them from outside.
//
// Each init gets a Room: a root directory with the host's programs, an /etc of its own, and, at
// each start, a fresh /run. The rig never touches the host's own /run. Moments are those at which
// the kernel opens a file to execute it, as inotify tells them, so that nothing inside the room
// costs time of its own and what CMD does with its first milliseconds does not count. Processes are
// counted with ptrace, in runs that are not timed.
//
// A program that uses the rig calls Enter first of all in its main: the rig starts that program
// again to prepare the namespaces.
//
// It is not for judging figures, which package figures does, and not for tests of what an init
// must do.
package rig
