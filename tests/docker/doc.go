// Package docker holds the tests that run the image under test in containers.
//
// They need a Docker engine and the image, so they stand behind the build tag
// docker: `go tool mage test:docker`, or `go test -tags docker ./tests/docker/...`.
// HERMES_TEST_IMAGE names another image than hermes-agent:dev. What the image
// has to do is said by package checks, how containers are handled by package
// harness; here is only what go test needs: one subtest for each check, and the
// broken images that prove that the checks can fail. It is not the place for
// tests of the project's own packages, which need no engine.
package docker
