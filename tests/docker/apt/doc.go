// Package apt holds the tests of what gets installed in a running container: that hermes may install
// Debian packages where the operator allows it, and may do nothing else with apt; that a new container
// gets them again; that npm and uv find a cache they can use.
//
// They attack the helper as a program of the agent could: with raw packets on its socket, with names
// that mean more to apt than a package, with files and links that lie in the way. They stand behind the
// build tag docker, and those that install need Debian's archive. The parser's own tests and its fuzzing
// are in internal/front/apt.
package apt
