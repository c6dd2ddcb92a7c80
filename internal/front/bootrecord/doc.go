// Package bootrecord finds out whether the container is supervised as it was booted, although hermes may want to hide that
// it is not. So it reads a file that only root can write (package record), and compares each word of it with what the kernel
// says of the process.
//
//	for _, p := range bootrecord.Look{}.Problems() { … }
//
// Of what hermes can change, it trusts nothing: command lines and times of files are not looked at, and an executable
// only where the kernel shows it. In a container that did not start as root there is no such file; then the record says
// what its owner, hermes, wants it to say.
package bootrecord
