// Package proc is the only spawner and the only waiter of the init.
//
// One Table owns all pids: its reaper is the only caller of wait4, children are
// made by syscall.ForkExec without a lock held, and a signal is sent only to a
// pid that was not reaped yet, as both happen under the table's ownership.
// Wait statuses are handed out raw.
//
// Nothing else in the process may wait for children: exit codes would be lost.
//
// spec: SUP-85
package proc
