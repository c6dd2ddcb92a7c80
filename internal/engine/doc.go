// Package engine finds the Docker engine that builds and tests the image, talks to it, and brings one
// up where a bare machine has none.
//
// It looks where Docker's own client looks (DOCKER_HOST, the current context, the socket), says in one
// line what is wrong with what it found, and picks the docker command on PATH that can drive a BuildKit
// build. Build, tests and bench share its one connection (Engine.API); commands that they start get the
// same engine by Engine.Env. It never stops an engine that it did not start.
package engine
