// Command hermes-init is /init, PID 1 of the image. Under the names with-contenv, printcontenv, halt (poweroff, reboot,
// shutdown), s6-svscan, s6-svstat and s6-sleep it is that program, and under [s6.LockModeArgv0] the process that holds a
// service's lock. By any other name it is /init.
//
// spec: SUP-01
package main
