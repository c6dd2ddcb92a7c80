//go:build mage

// Build, test and publish the container image of the Hermes Agent.
//
// "go tool mage build" makes both variants of the image on a bare machine, "go tool mage
// test:docker" proves on containers what the README promises, and "go tool mage -h TARGET"
// says what a target does and takes. What they do is in internal/build/pipeline.
package main
