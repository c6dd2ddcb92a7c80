// Package chat holds the tests in which the agent of the image under test talks:
// to a model, over its API server, on a terminal, and through its dashboard.
//
// The model is the fake inference server of package peer, in a second container
// of a network of the test; all else is the image's own. So these tests prove
// what package checks cannot see from outside: the answer that a user gets, and
// the key and the question that a provider gets. They stand behind the build tag
// docker.
package chat
