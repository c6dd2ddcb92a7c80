package harness

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// psCommand lists every process but says nothing of times, so that two equal
// states give equal output.
const psCommand = "ps -ww -eo pid=,ppid=,uid=,stat=,args="

// Process is one line of ps inside the container.
type Process struct {
	PID, PPID, UID int
	State          string // e.g. "Ssl"; a zombie's begins with Z
	Args           string
}

func (p Process) String() string {
	return fmt.Sprintf("%6d %6d %6d %-5s %s", p.PID, p.PPID, p.UID, p.State, p.Args)
}

// Processes is a snapshot of the container's processes.
type Processes []Process

// Processes lists the container's processes without the listing itself.
func (c *Container) Processes(ctx context.Context) (Processes, error) {
	res, err := c.Exec(ctx, Exec{Cmd: strings.Fields(psCommand), User: "0"})
	if err != nil {
		return nil, err
	}
	if res.Code != 0 {
		return nil, fmt.Errorf("cannot list the processes of %q: %s", c.Name, res)
	}
	return parseProcesses(res.Stdout)
}

func parseProcesses(out string) (Processes, error) {
	var list Processes
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 {
			return nil, fmt.Errorf("cannot parse line %q of ps", line)
		}
		var p Process
		for i, into := range []*int{&p.PID, &p.PPID, &p.UID} {
			n, err := strconv.Atoi(f[i])
			if err != nil {
				return nil, fmt.Errorf("cannot parse line %q of ps: %w", line, err)
			}
			*into = n
		}
		p.State = f[3]
		if p.Args = strings.Join(f[4:], " "); p.Args != psCommand {
			list = append(list, p)
		}
	}
	return list, nil
}

// Matching returns the processes whose command line matches the expression, as
// pgrep -f would; zombies never do.
func (ps Processes) Matching(expr string) Processes {
	re := regexp.MustCompile(expr)
	return ps.where(func(p Process) bool { return !p.Zombie() && re.MatchString(p.Args) })
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
				return err.Error(), false, c.dead(ctx)
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

// dead is an error when the container has ended: no poll needs to go on then.
func (c *Container) dead(ctx context.Context) error {
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
