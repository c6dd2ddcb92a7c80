package rig

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// taskEnv carries a task to the program that the rig starts once more.
const taskEnv = "BENCH_TASK"

// task is what that program is to do: one of these.
type task struct {
	Watch []string `json:",omitempty"` // files
	Enter *entry   `json:",omitempty"`
	Trace *entry   `json:",omitempty"`
}

// entry is how to become the init of a room.
type entry struct {
	Root     string
	Borrow   []string // directories of the host that the room uses
	Scandir  bool     // /etc/services.d is copied to /run/service
	Realtime bool
	Argv     []string
	Env      []string
}

// Enter turns this process into what the rig started it for, and never returns then. Otherwise it
// does nothing.
func Enter() {
	text, ok := os.LookupEnv(taskEnv)
	if !ok {
		return
	}
	var t task
	err := json.Unmarshal([]byte(text), &t)
	switch {
	case err != nil:
	case t.Enter != nil:
		err = enter(*t.Enter)
	case t.Trace != nil:
		err = trace(*t.Trace)
	default:
		err = watcher(t.Watch)
	}
	code := 0
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 2
	}
	os.Exit(code) //nolint:forbidigo // this process is no program of the user's: nobody is to go on
}

// enter runs as PID 1 of new namespaces and ends by becoming the init.
func enter(e entry) error {
	steps := []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(e.Root, e.Root, "", unix.MS_BIND, "") },
	}
	for _, dir := range e.Borrow {
		steps = append(steps, func() error { return unix.Mount(dir, e.Root+dir, "", unix.MS_BIND|unix.MS_REC, "") })
	}
	steps = append(steps,
		func() error { return unix.Mount("proc", e.Root+"/proc", "proc", 0, "") },
		func() error { return unix.Mount("tmpfs", e.Root+"/run", "tmpfs", 0, "mode=755") },
		func() error { return unix.Mount("tmpfs", e.Root+"/tmp", "tmpfs", 0, "mode=1777") },
		func() error { return unix.Chroot(e.Root) },
		func() error { return unix.Chdir("/") },
	)
	if e.Scandir {
		steps = append(steps, func() error { return os.CopyFS("/run/service", os.DirFS("/"+servicesDir)) })
	}
	for i, do := range steps {
		if err := do(); err != nil {
			return fmt.Errorf("cannot prepare room %q, step %d: %w", e.Root, i, err)
		}
	}
	if e.Realtime {
		if err := realtime(initPriority); err != nil {
			return fmt.Errorf("cannot get real-time priority: %w", err)
		}
	}
	// A small program of one thread comes between: what it costs the kernel to take this one down,
	// with its threads and its memory, is not the init's.
	argv := append([]string{"env", "-i"}, e.Env...)
	return unix.Exec("/usr/bin/env", append(argv, e.Argv...), nil)
}
