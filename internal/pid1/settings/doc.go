// Package settings reads the S6_ variables, by which users change how /init boots and stops.
//
// Boot scripts may change most of them while the container starts: a Source gives the values as they
// are now, and keeps those that count as they were at the start.
//
// spec: SUP-77
package settings
