// Package suite is the frame of a test binary that works on containers: one
// connection to the engine, tests side by side but not too many, a stop by the
// user that still cleans up, and evidence of what failed.
//
// It is not for what a container must do, which is package checks, nor for
// talking to the engine, which is package harness.
package suite
