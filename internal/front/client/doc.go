// Package client decides with whose rights root may run a client of s6, such as s6-svc.
//
// The clients open files in the service directories that they are given, by their names: in a slot of hermes that would be
// what hermes has put there. So root keeps its rights only for directories that nobody else can change anything in.
// The package executes nothing.
//
// contract: SVC-11
package client
