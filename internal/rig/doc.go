// Package rig runs a program as the real PID 1 of new namespaces, for the tests of /init and for the
// benchmark of inits.
//
// Each init gets a Root: a directory with the host's programs, an /etc of its own and, at each start,
// a fresh /run. An Entry says how it becomes the init there: as which user, with which capabilities,
// limits and mounts. The host's own /run is never touched.
//
// A program that uses the rig calls Enter first of all in its main: the rig starts that program once
// more to prepare the namespaces. Namespaces need CAP_SYS_ADMIN.
package rig
