// Package publish proves publication on a real registry: Debian's docker-registry on
// loopback, with a password, started and ended by each test.
//
// Those tests stand behind the build tag docker, as they need that program and, for some of
// them, a Docker engine with the image: "go tool mage test:docker" runs them. The tests
// without the tag hold workflows, the Dagger module and its documentation together. What a
// registry can do wrong is tried in internal/build/publish, on one that lives in memory.
package publish
