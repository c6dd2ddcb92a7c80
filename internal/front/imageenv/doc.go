// Package imageenv knows the variables that the image itself sets, and what they are to be in a container: those that name
// a place on the volume follow HERMES_HOME, and those that name a file of an image that is no longer there get this
// image's own.
//
// It decides and looks at files. Who starts programs applies it to their environment; setup, for what it does not start.
package imageenv
