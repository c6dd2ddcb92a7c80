// Package boot is what /init does as PID 1: it prepares /run, runs the boot scripts, starts the
// services and CMD, and has package stop end all of it. boot.go is the sequence; the other files
// are its steps.
//
// Nothing here supervises, starts processes or writes below /etc: packages services, program and
// proc do the first two, nobody the last.
package boot
