package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Running is an init that somebody else has started, such as an engine: PID 1 of a namespace, by its pid here.
type Running int

// Supervisors are the processes that run the program of PID 1: PID 1 itself and, where there is one, the user's
// supervisor.
func (r Running) Supervisors() ([]int, error) {
	program, err := os.Stat(procFile(int(r), "exe"))
	if err != nil {
		return nil, fmt.Errorf("cannot find PID 1 of the container among the processes here: %w", err)
	}
	var pids []int
	for _, pid := range processesWith(int(r)) {
		if info, err := os.Stat(procFile(pid, "exe")); err == nil && os.SameFile(info, program) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// Count is how many processes beside PID 1 have this command line.
func (r Running) Count(words ...string) int {
	n := 0
	for _, pid := range processesWith(int(r)) {
		if line, err := os.ReadFile(procFile(pid, "cmdline")); err == nil && string(line) == strings.Join(words, "\x00")+"\x00" {
			n++
		}
	}
	return n
}

// PSS is the proportional set size of all supervisors, in kB.
func (r Running) PSS() (int64, error) {
	pids, err := r.Supervisors()
	var sum int64
	for _, pid := range pids {
		pss, pssErr := pssOf(pid)
		sum, err = sum+pss, errors.Join(err, pssErr)
	}
	return sum, err
}

// CPU is the processor time that all supervisors have used since they started, threads that ended included. The kernel
// counts it in nanoseconds.
func (r Running) CPU() (time.Duration, error) {
	pids, err := r.Supervisors()
	var sum time.Duration
	for _, pid := range pids {
		const schedulers = 2 // the scheduler's own count, not the one by ticks
		var ts unix.Timespec
		err = errors.Join(err, unix.ClockGettime(int32(^pid<<3|schedulers), &ts))
		sum += time.Duration(ts.Nano())
	}
	return sum, err
}

// Stopped sends SIGTERM to PID 1 and returns the time until it has ended.
func (r Running) Stopped(ctx context.Context) (time.Duration, error) {
	fd, err := unix.PidfdOpen(int(r), 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = unix.Close(fd) }()
	began := time.Now()
	if err := unix.PidfdSendSignal(fd, syscall.SIGTERM, nil, 0); err != nil {
		return 0, err
	}
	for poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}; ; {
		n, err := unix.Poll(poll, 100)
		switch {
		case n > 0:
			return time.Since(began), nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return 0, err
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case time.Since(began) > patience:
			return 0, errors.New("it does not stop")
		}
	}
}

// processesWith returns the pids, here, of all processes in the namespace of one of them.
func processesWith(pid int) []int {
	own, err := os.Readlink(procFile(pid, "ns/pid"))
	if err != nil {
		return nil
	}
	names, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	var pids []int
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			continue
		}
		if ns, err := os.Readlink(procFile(pid, "ns/pid")); err == nil && ns == own {
			pids = append(pids, pid)
		}
	}
	return pids
}

func procFile(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }
