// Package stop ends the container in order: CMD and services, what the boot did, loggers, whatever
// is left. stop.go is the sequence, bounds.go its times.
//
// Every wait ends as soon as its condition holds, and all of them at one deadline, below the 10 s
// that engines grant.
//
// spec: SUP-79
package stop
