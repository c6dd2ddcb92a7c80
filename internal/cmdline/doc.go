// Package cmdline knows what the words of CMD ask of the container, as far as that decides about its streams: a gateway, an
// idle program, or a program whose output somebody waits for.
//
// It executes nothing and looks at no file. What CMD runs is chosen in package maincmd, and what `gateway run` does in package
// gateway; both belong to the front, which PID 1 cannot ask.
package cmdline
