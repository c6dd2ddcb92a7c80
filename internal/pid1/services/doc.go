// Package services knows the services of the container: it installs them from their definitions in
// the image, starts and stops them in the order of their dependencies, and reports what became of
// each.
//
// Who supervises them is chosen in one place, supervision.go; boot and stop know services by their
// names. What a definition means is in package rc, what one supervisor does in package supervise.
//
// spec: SUP-66
package services
