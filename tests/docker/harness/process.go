package harness

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"caduceus/internal/verify/probe"
)

// Process is a process of the container, as the probe sees it.
type Process struct {
	PID, PPID, UID int    // UID is the effective one
	State          string // its first letter is the state's; a zombie's is Z
	Comm           string // the kernel's name of it
	Args           string // its command line, or its name in brackets where it has none
}

func (p Process) String() string {
	return fmt.Sprintf("%6d %6d %6d %-5s %s", p.PID, p.PPID, p.UID, p.State, p.Args)
}

// Processes is a snapshot of the container's processes.
type Processes []Process

// Processes lists the container's processes without the probe itself.
func (c *Container) Processes(ctx context.Context) (Processes, error) {
	answer, err := c.Ask(ctx, probe.Processes)
	if err != nil {
		return nil, err
	}
	if answer.Cut {
		return nil, fmt.Errorf("%q has more than %d processes", c.Name, probe.MaxProcesses)
	}
	list := make(Processes, len(answer.Processes))
	for i, p := range answer.Processes {
		args := strings.Join(p.Command, " ")
		if len(p.Command) == 0 {
			args = "[" + p.Comm + "]"
		}
		list[i] = Process{PID: p.PID, PPID: p.Parent, UID: int(p.UIDs[1]), State: p.State, Comm: p.Comm, Args: args}
	}
	return list, nil
}

// Matching returns the processes whose command line matches the expression, as
// pgrep -f would; zombies never do.
func (ps Processes) Matching(expr string) Processes {
	re := regexp.MustCompile(expr)
	return ps.where(func(p Process) bool { return !p.Zombie() && re.MatchString(p.Args) })
}

// PID returns the process of that number.
func (ps Processes) PID(pid int) (Process, bool) {
	i := slices.IndexFunc(ps, func(p Process) bool { return p.PID == pid })
	if i < 0 {
		return Process{}, false
	}
	return ps[i], true
}

// Children returns the direct children of pid.
func (ps Processes) Children(pid int) Processes {
	return ps.where(func(p Process) bool { return p.PPID == pid })
}

// Zombies returns the dead that nobody waited for.
func (ps Processes) Zombies() Processes { return ps.where(Process.Zombie) }

// Zombie reports whether the process is dead and not yet waited for.
func (p Process) Zombie() bool { return strings.HasPrefix(p.State, "Z") }

func (ps Processes) where(keep func(Process) bool) Processes {
	return slices.DeleteFunc(slices.Clone(ps), func(p Process) bool { return !keep(p) })
}

func (ps Processes) String() string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

// WaitProcess polls until exactly one process matches expr and is not the
// process `not`, and returns it.
func (c *Container) WaitProcess(ctx context.Context, expr string, not int, limit time.Duration) (Process, error) {
	var found Process
	err := Poll(ctx, fmt.Sprintf("single process %q other than %d", expr, not), limit,
		func(ctx context.Context) (string, bool, error) {
			all, err := c.Processes(ctx)
			if err != nil {
				return err.Error(), false, c.Dead(ctx)
			}
			got := all.Matching(expr)
			if len(got) == 1 && got[0].PID != not {
				found = got[0]
				return "", true, nil
			}
			return "\n" + all.String(), false, nil
		})
	return found, err
}

// Dead is an error when the container has ended: no poll needs to go on then.
func (c *Container) Dead(ctx context.Context) error {
	got, err := c.Inspect(ctx)
	if err != nil {
		return err
	}
	if !got.State.Running && !got.State.Restarting {
		out, errs, _ := c.Logs(ctx)
		return fmt.Errorf("container %q has ended with code %d: %s", c.Name, got.State.ExitCode, clip(out+errs))
	}
	return nil
}
