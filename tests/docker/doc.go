// Package docker holds the tests that run the image under test in containers: one subtest for each check
// of package checks. Package mutants proves that the checks can fail.
//
// They need a Docker engine and the image, so they stand behind the build tag docker;
// tests/README.md says which suite proves what, and where a failure leaves what it saw. Package harness handles
// containers, package suite is the frame of each test binary.
package docker
