// Package leftovers finds the processes that a service which has ended left behind: those of its process group and of
// its sessions. A child that began a session of its own, and whose parents are gone, is known by a mark that its
// service was given and that it has inherited, whatever became of its environment: the soft limit RLIMIT_RTTIME, of
// a value that no process reaches and no other program sets.
//
// spec: SUP-120
package leftovers
