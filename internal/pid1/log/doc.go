// Package log is the log of PID 1 itself: lines such as "init: warning: cannot chown ..." on
// stderr, filtered by S6_VERBOSITY.
//
// PID 1 must go on reaping, supervising and stopping whatever reads, or does not read, its stderr.
// So a line goes into a bounded ring, one goroutine writes the ring out, and what does not fit is
// dropped and counted.
//
// Services write to the container's stdout and stderr themselves, past this log. Stdout is CMD's:
// nothing here writes to it.
//
// contract: BOOT-12
package log
