// Package verify runs hermes-verify itself: on the image, on images derived from it,
// and with faults put into hermes-verify.
package verify
