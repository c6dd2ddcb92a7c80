// Package s6 reads and writes the files of the s6 supervision suite: status, death tally, TAI64N stamps, the letters of
// control and event fifos, the files of a service directory. It also sends letters to a supervisor or scanner.
//
// The forms are those of s6, so that its C programs understand them. [View] has in one value what s6-svstat prints.
// Package internal/pid1/supervise is the supervisor itself, internal/pid1/scan the scanner.
//
// spec: SUP-05
package s6
