// Package peer runs the fake inference server of package inference in a
// container, so that the agent of an image under test has somebody to talk to.
//
// Build makes the peer's image: one static program on nothing. Start runs it in
// a network of its own test, where the agent finds it by the names it is given;
// what it was asked can be read back from the host. Everything carries the run's
// label and goes with it, networks by their own Close.
package peer
