// Package image is the image as data: which versions it is made of, how large each variant may be
// (budget.json), and from both the arguments that the Dockerfile gets and the labels that the finished
// image carries.
//
// The Dockerfile is the only description of what is in the image. Versions are read where the build takes
// them, from the Dockerfile's defaults and the locks of the package managers, so that none stands twice.
package image
