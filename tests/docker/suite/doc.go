// Package suite is the frame of a test binary that works on containers: one
// connection to the engine, tests side by side but not too many, a stop by the
// user that still cleans up, and evidence of what failed.
//
// Package checks says what a container must do; package harness talks to the engine.
package suite
