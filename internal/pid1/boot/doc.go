// Package boot is what /init does as PID 1: it prepares /run, runs the boot
// scripts, starts the services and CMD, and in the end stops all of it in
// order. boot.go is the sequence; the other files are its steps.
//
// The decisions - settings, order of services, bounds of the stop, exit code -
// are plain functions in files of their own; files named after a step hold
// its effects.
//
// It is not the supervisor: packages supervise and scan are. It executes
// nothing itself: package proc does. It never writes below /etc.
//
// What it has to do is in docs/spec/supervision.md, and in the families BOOT and RUN of contract.md.
package boot
