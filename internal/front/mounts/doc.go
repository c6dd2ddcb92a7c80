// Package mounts knows what is mounted in this container, and how an operator names it on the host.
//
// It reads the kernel's table of mounts and nothing else: what lies in a mount is for its callers to look at, with the
// rights that fit.
package mounts
