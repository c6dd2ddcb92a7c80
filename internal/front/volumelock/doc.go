// Package volumelock reports which container uses a volume.
//
// The service main-hermes of a container holds a lock on a file at the volume's root for as long as it
// lives, and the file says which container that is. The kernel drops the lock when its holder dies, so
// that a container that crashed, was killed or was removed never counts as running.
//
// The lock keeps nobody out and protects no data: it distinguishes a second container from a restarted
// one, so that the second can be warned about. On a file system without locks each container believes
// to be alone.
package volumelock
