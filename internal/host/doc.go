// Package host knows the machine that builds: its distribution, its rights, its
// packages and how to run its programs.
//
// The pipeline reaches every effect on the build host through here, so that the
// deciding packages (engine, base, pipeline) can be tested with a Fake instead.
// It is not for anything inside the image: PID 1 and the front spawn through
// their own packages and never import this one.
package host
