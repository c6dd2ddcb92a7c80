// Package user is the user's supervisor: /init once more, as s6-svscan of /run/service, with the rights of
// hermes. Whatever hermes may create, rename or write below the scandir is supervised there, so that no
// process of root works where hermes decides what it finds.
//
// The package has both sides. Main is the process; it has no capabilities and no_new_privs, and so has all
// that it starts. Supervisor is PID 1's hold on it: PID 1 starts it, asks it for what boot and stop
// need, and starts another when it ends, which takes over the services that run. They talk over
// package channel. What PID 1 asks may fail or never be answered: hermes may stop, kill or replace its own
// supervisor, and boot and stop go on.
//
// spec: SUP-117
package user
