// Package launch is how a program is found, how a process becomes it, and what its end means in words and
// in exit codes. It is one policy for PID 1, the front and whatever they run.
//
// # Where a name leads
//
// A name with a slash is the file itself. Any other is looked for in the directories of PATH, in their
// order: the first regular file there that somebody may execute is the program. Whether this process may,
// the kernel says when it is executed.
//
//   - A relative or empty element of PATH is not searched: what a name means must not depend on the
//     directory that somebody happens to be in.
//   - An unset or empty PATH is env.SystemPath.
//   - A directory, a file without any execute bit and a socket or device are passed over. If nothing better
//     follows, the error is EACCES; if nothing of that name was there at all, ENOENT.
//   - Root takes first the directories that nobody but root can write to, and the others last, in their
//     order. The image's PATH has one on the volume before those of the system: what lies there must not be
//     run by root in place of a program of the system.
//
// # What cannot be executed as it is
//
// A text file without a #! line is the shell's. A script that only its mount forbids to execute is run by
// the interpreter of its #! line.
//
// # How it ended
//
// Exit codes are those of a shell: the program's own, 128+n if signal n ended it, 127 if there is no such
// program, 126 if it cannot be executed.
//
// spec: SUP-70
package launch
