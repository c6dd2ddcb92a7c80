//go:build mage

// Caduceus: the image of the Hermes Agent, its init and its front.
//
// Each target is three lines: it makes a pipeline, calls it and gives back its error.
// What a target does is in internal/build/pipeline, where it is tested. This package is not
// for logic, and nothing may import it.
package main
