// Package pipes makes pipes that outlive the supervisor which made them, and finds them again.
//
// A pipe is there as long as any process has it open. A supervisor that adopts a service opens the pipe
// that the service already has, by its inode, so that nothing is lost of what was written meanwhile.
// The write end of such a pipe reads as well: its holder does not die of SIGPIPE while nobody else reads.
//
// spec: SUP-116
package pipes
