// Package measure runs inits as PID 1 of namespaces and measures them from outside.
//
// A Setup is one init with one load, in a root directory of its own. Moments are those at which the
// kernel opens a file to execute it, as inotify reports them, so that nothing beside the init costs time
// of its own and what CMD does with its first milliseconds does not count. Processes are counted with ptrace, in
// runs that are not timed.
//
// A program that measures calls Enter first of all in its main, as package rig demands. Figures are
// judged in package figures.
package measure
