// Package base decides which Debian base the image stands on, and makes it where
// no registry has it.
//
// With a registry the base is the official image that the Dockerfile names. Without one it is bootstrapped
// from Debian's own packages with mmdebstrap: the same content as the official image, byte-identical each
// time for one state of the archive, and named by the point release that it really is.
package base
