// Package supervise owns one service directory: what s6-supervise is as a process is a goroutine here.
//
// The decisions are a pure state machine (one table, machine.go) with restart timing and back-off
// beside it; a runner obeys it with held descriptors and speaks the on-disk protocol that the clients
// of s6 know. Package scan finds the service directories, and owns the log pipes.
//
// spec: SUP-05
package supervise
