// Package host knows the machine that builds: its distribution, its rights, its
// packages and how to run its programs.
//
// Every effect on the build host goes through a Runner, so that the packages that decide (engine, base,
// pipeline) are tested with a Fake. The programs of the image do not import it.
package host
