// Command hermes-init is /init, PID 1 of the image. Under the names with-contenv, printcontenv, halt (poweroff, reboot,
// shutdown), s6-svscan, s6-svstat and s6-sleep it is that program. PID 1 and its supervisors start it under three names
// more: [user.Argv0] is the supervisor of what belongs to hermes, [s6.LockModeArgv0] the process that holds a service's
// lock, and [proc.ExecArgv0] one that waits until its pid is recorded before it executes its program. By any other name
// it is /init.
//
// spec: SUP-01
package main
