// Package image is the image as data: which versions of what it is made of
// (lock.json and the locks of the package managers), how large each variant may
// be (budget.json), and from both the arguments that the Dockerfile gets and
// the labels that the finished image carries.
//
// The Dockerfile is the only description of what is in the image; this package
// does not build, pull or inspect anything. It maps values to values, and its
// one input is a file system that holds the repository.
package image
