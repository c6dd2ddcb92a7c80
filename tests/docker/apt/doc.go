// Package apt holds the tests of apt-get in a running container: that hermes may install packages where
// the operator allows it, that it may do nothing else, and that a new container gets them again.
//
// They attack the helper as a program of the agent could: with raw packets on its socket, with names
// that mean more to apt than a package, with files and links that lie in the way. They stand behind the
// build tag docker, and those that install need Debian's archive; they are not for the parser itself,
// whose tests and fuzzing are in internal/apt.
package apt
