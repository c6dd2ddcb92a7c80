//go:build linux

// Package inside answers the questions of package probe, from inside a container. It reads the
// kernel's files and system calls alone, starts no program, and follows no link that it was not asked to.
package inside
