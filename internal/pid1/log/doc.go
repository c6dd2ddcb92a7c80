// Package log is the log of PID 1 itself: lines such as "init: warning: cannot chown ..." on
// stderr, filtered by S6_VERBOSITY.
//
// PID 1 must go on reaping, supervising and stopping whatever reads, or does not read, its stderr.
// So a line goes into a bounded ring, one goroutine writes the ring out, and what does not fit is
// dropped and counted.
//
// What boot and stop scripts print comes here, too, as it is and with backpressure. All of a boot is transcribed, for a file, and
// what is not shown can be held back until it is known that nothing failed.
//
// Services write to the container's streams themselves, past this log. Stdout is CMD's: nothing here writes to it.
//
// contract: BOOT-12
package log
