// Package verify runs hermes-verify itself: on the image, on the derived images of tests/docker/derived, on images that
// try to fool it, and with faults put into hermes-verify.
package verify
