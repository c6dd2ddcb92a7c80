// Package program starts what /init runs by itself and not as a service: boot and stop scripts,
// oneshots, CMD. It keeps the set of those that are alive, and ends one that is to end.
//
// Services are started by package supervise, as each has a supervisor. Which file a name means is in
// package launch; package proc makes the process in all cases.
package program
