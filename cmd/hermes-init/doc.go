// Command hermes-init is /init: PID 1 of the image, and under other names the
// small programs that belong to it: with-contenv, printcontenv, halt and its
// kin, s6-svscan, s6-svstat, s6-sleep, and the lock mode of the supervisor.
//
// The name it was called by decides; a name it does not know is init.
//
// It is not the command that people type: that is cmd/hermes.
//
// spec: SUP-01
package main
