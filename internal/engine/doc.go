// Package engine finds the Docker engine that builds and tests the image, and
// brings one up where a bare machine has none.
//
// It looks where Docker's own client looks (DOCKER_HOST, the current context, the
// socket), says in one line what is wrong with what it found, and picks the docker
// client on PATH that can drive a BuildKit build. It is not a wrapper of the Engine
// API, it never stops an engine it did not start, and it never removes an image or
// a container.
package engine
