// Package proc is the only spawner and the only waiter of the init.
//
// One Table owns all pids: its reaper is the only caller of wait4, children are
// made by syscall.ForkExec without a lock held, and a signal is sent only to a
// pid that was not reaped yet, as both happen under the table's ownership.
// Wait statuses are handed out raw.
//
// It is not for programs beside the init: whoever else waits for children in
// the same process loses exit codes. It knows no service and no policy.
//
// spec: SUP-84, SUP-85, SUP-86, SUP-101 to SUP-103, SUP-106, SUP-107, SUP-109.
package proc
