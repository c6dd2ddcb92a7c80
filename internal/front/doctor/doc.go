// Package doctor knows what can be wrong with a container, and how each of it is mended.
//
// Each kind of cause is one Check, a function that looks at a Container and returns its Findings. It changes nothing, and
// starts nothing. Checks lists them all, in the order in which "hermes container doctor" prints them; a new kind is a
// function in the file of its subject, and a line there.
//
// What a Finding says is printed as it is: it never holds a value that may be a secret.
package doctor
