// Package tenant tells the containers that share one volume apart.
//
// The init of a container holds a lock on a file at the volume's root for as long as it lives, and
// the file says which container that is. The kernel drops the lock when its holder dies, so that a
// container that crashed, was killed or was removed never counts as alive.
//
// The package is not a mutex for the volume's data: it lets a second container be told from a
// restarted one, and keeps nobody out. On a file system without locks each container believes to be
// alone.
package tenant
