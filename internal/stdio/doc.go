// Package stdio lets a program that has given up root's rights open its standard streams by their names: /dev/stdout,
// /dev/stderr, /dev/stdin, /proc/self/fd/1.
//
// An engine makes the pipes and the terminal of a container for who starts it, root. Who has such a stream as a descriptor may
// still not open it, which is what `echo x >/dev/stdout` does. Files, sockets and devices are left alone: they are somebody
// else's, or cannot be opened by name.
package stdio
