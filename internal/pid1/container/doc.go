// Package container holds what boot and stop share of the one container that this init runs: its
// log and settings, its programs and services, CMD, the request to stop, and the exit code.
//
// What boot alone or stop alone needs is in their packages. The fields are the rest: without them
// each of the two would have to hand a dozen values to the other, and to the reaction to signals,
// which goes on through both.
package container
