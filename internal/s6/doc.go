// Package s6 is the on-disk protocol of the s6 supervision suite: the status
// file, the death tally, TAI64N stamps, control and event letters, the files of
// a service directory, and the client side of the two control fifos.
//
// It is a leaf: no goroutine, no policy, nothing of this project imported. It
// does not supervise anything (package supervise) and does not scan (package
// scan); the front and the s6-svstat applet read and command services with it.
//
// spec: SUP-05 to SUP-24, SUP-95.
package s6
