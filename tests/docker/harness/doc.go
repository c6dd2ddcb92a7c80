// Package harness starts containers of an image under test, looks into them,
// and takes them away again.
//
// An Engine is one connection to a Docker engine plus one run label: every
// container, volume and image it makes carries that label, and Sweep removes
// what carries it and nothing else. A Subject is the image as one check sees
// it: it remembers the containers the check used, so that a failure can leave
// evidence of exactly those. Commands run inside as the user hermes unless the
// caller names another.
//
// The package knows no *testing.T, asserts nothing and skips nothing, so that a
// command-line verifier can drive it as well as go test. Containers start through
// testcontainers-go; that library and everything else here use the one connection
// of internal/engine. Package checks says what the image has to do.
package harness
