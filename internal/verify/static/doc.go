// Package static reads an image without starting it: its configuration, its history, and the files that its layers
// leave, each with the layer that brought it.
//
// An image comes from an archive (docker save, or an OCI layout in a tar or a folder) or from a registry. What a file
// is, is known; what it does is not: nothing here proves behaviour. Compare says what one image has that another has
// not, and which entry of the history brought it.
package static
