// Package publish proves publication on a real registry: Debian's docker-registry on
// loopback, with a password, started and ended by each test.
//
// Those tests stand behind the build tag docker, as they need that program and, for the
// last of them, a Docker engine with the image: "go tool mage test:docker" runs them. The
// test without the tag holds the documentation of the Dagger module to its functions. What a
// registry can do wrong is tried in internal/build/publish, on one that lives in memory; this
// package is not for cases that need no real one.
package publish
