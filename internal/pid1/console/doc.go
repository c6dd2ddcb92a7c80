// Package console is the log of PID 1 itself: lines like
// "init: warning: cannot chown ..." on stderr, filtered by verbosity.
//
// PID 1 must go on reaping, supervising and stopping whatever reads, or does
// not read, its stderr. So a line goes into a bounded ring, one goroutine
// writes the ring out, and what does not fit is dropped and counted.
//
// It is not the log of the services: their output goes where their stdout
// goes, without passing through PID 1. Nothing here ever writes to stdout,
// which belongs to CMD (contract: BOOT-12).
package console
