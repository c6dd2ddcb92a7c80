// Package bootrecord asks whether the container is supervised as it was booted. hermes is the attacker of that question.
// So the answer is in a file that only root can write (package record), and each word of it is compared with what the
// kernel says of the process.
//
//	for _, p := range bootrecord.Look{}.Problems() { … }
//
// Of what hermes can change, it trusts nothing: command lines and times of files are not looked at, and an executable
// only where the kernel shows it. In a container that did not start as root there is no such file; then the record says
// what its owner, hermes, wants it to say.
package bootrecord
