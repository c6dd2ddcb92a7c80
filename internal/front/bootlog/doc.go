// Package bootlog appends to the two files on the volume that say what boots did: container-boot.log, with a line for each
// profile, and boot.log, with all that a boot printed.
//
// What is in them is decided elsewhere, by the reconciler and by PID 1. Callers have the file rights of hermes, as the volume is its
// own.
package bootlog
