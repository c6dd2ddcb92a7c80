// Package container holds what boot and stop share of the one container that this init runs: its
// log and settings, its programs and services, CMD, the request to stop, and the exit code.
//
// What only boot or only stop needs is in their packages. Signals are reacted to during both, with the
// same values.
package container
