// Package verifier builds hermes-verify, with faults put in or without, and runs it on images as a person
// does.
package verifier
