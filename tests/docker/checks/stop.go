package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

// stopChecks are about the end of containers: of the main program, by
// docker stop, by docker kill.
// contract: BOOT-13 BOOT-16 BOOT-17 BOOT-18 CMD-08
func stopChecks() []Check {
	list := []Check{
		{
			Name: "an idle container stops within two seconds with code 0", Clauses: []string{"BOOT-16", "BOOT-18"},
			Doc: "docker stop on `sleep infinity`", Run: stopIdle,
		},
		{
			Name: "a supervised gateway stops inside the engine's grace with code 0", Clauses: []string{"BOOT-16", "BOOT-18"},
			Doc: "docker stop on `gateway run`; the agent records its own clean end", Run: stopGateway,
		},
		{
			Name: "a main program that traps TERM ends the container with its own code", Clauses: []string{"BOOT-16", "BOOT-17"},
			Doc: "docker stop on a shell that counts its TERMs and exits 7", Run: stopTrap,
		},
		{
			Name: "a main program that ignores TERM is killed in time", Clauses: []string{"BOOT-16", "BOOT-18"},
			Doc: "docker stop on a shell that ignores TERM", Run: stopDeaf,
		},
	}
	for _, e := range []struct {
		name, clause string
		cmd          []string
		code         int
	}{
		{"a main program that ends with 0 gives exit code 0", "BOOT-13", []string{"true"}, 0},
		{"a main program that ends with 42 gives exit code 42", "BOOT-13", []string{"sh", "-c", "exit 42"}, 42},
		{"a main program that ends with 255 gives exit code 255", "BOOT-13", []string{"sh", "-c", "exit 255"}, 255},
		{"a main program that dies of SIGTERM gives exit code 143", "BOOT-13", []string{"sh", "-c", "kill -TERM $$"}, 143},
		{"a main program that dies of SIGKILL gives exit code 137", "BOOT-13", []string{"sh", "-c", "kill -KILL $$"}, 137},
		{"a missing program gives exit code 127", "CMD-08", []string{"/opt/data/no-such-program"}, 127},
		{"a program that cannot be executed gives exit code 126", "CMD-08", []string{"/etc/passwd"}, 126},
	} {
		list = append(list, Check{
			Name: e.name, Clauses: []string{e.clause}, Doc: "docker run IMG " + strings.Join(e.cmd, " "),
			Run: func(ctx context.Context, s *harness.Subject) error {
				code, out, errs, err := run(ctx, s, harness.Spec{Cmd: e.cmd})
				if err == nil && code != e.code {
					err = violates(e.clause, "want exit code %d, got %d; output:\n%s%s", e.code, code, out, errs)
				}
				return err
			},
		})
	}
	return list
}

// quickStop is how long a container with nothing to wait for may take to stop.
const quickStop = 2 * time.Second

// expectStop wants an exit code of docker stop, and that the container ended before the engine's grace did.
func expectStop(end harness.Stopped, code int) error {
	var errs []error
	if end.Code != code {
		errs = append(errs, violates("BOOT-16", "want exit code %d of docker stop, got %d", code, end.Code))
	}
	if end.Killed {
		errs = append(errs, violates("BOOT-18", "the engine had to kill the container, after %v", end.Took))
	}
	return errors.Join(errs...)
}

// expectQuickStop wants a stop at once, with exit code 0.
func expectQuickStop(end harness.Stopped) error {
	err := expectStop(end, 0)
	if end.Took > quickStop {
		err = errors.Join(err, violates("BOOT-18", "want a stop within %v, got %v", quickStop, end.Took))
	}
	return err
}

func stopIdle(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	end, err := c.Stop(ctx)
	if err != nil {
		return err
	}
	return expectQuickStop(end)
}

func stopGateway(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	end, err := c.Stop(ctx)
	if err != nil {
		return err
	}
	return expectStop(end, 0)
}

func stopTrap(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{
		"sh", "-c",
		`n=0; trap 'n=$((n+1))' TERM; echo ready; while [ $n = 0 ]; do sleep 0.1; done; sleep 1; echo "terms=$n"; exit 7`,
	}})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "ready", bootLimit); err != nil {
		return err
	}
	end, err := c.Stop(ctx)
	if err != nil {
		return err
	}
	out, _, err := c.Logs(ctx)
	if err == nil && !strings.Contains(out, "terms=1\n") {
		err = violates("BOOT-17", "want one TERM, stdout is:\n%s", out)
	}
	return errors.Join(err, expectStop(end, 7))
}

func stopDeaf(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"sh", "-c", `trap '' TERM; echo ready; while :; do sleep 1; done`}})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "ready", bootLimit); err != nil {
		return err
	}
	end, err := c.Stop(ctx)
	if err != nil {
		return err
	}
	return expectStop(end, 137)
}

// terminalChecks are about `docker run -t`.
// contract: BOOT-11
func terminalChecks() []Check {
	list := []Check{}
	for _, e := range []struct{ name, script, want string }{
		{"the main program has the terminal", `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo on-a-terminal`, "on-a-terminal"},
		{"tput knows the terminal's width", `[ "$(tput cols)" -gt 0 ] && echo wide`, "wide"},
		{"job control works on the terminal", `set -m; sleep 0.2 & fg %1 && echo foreground-done`, "foreground-done"},
	} {
		list = append(list, Check{
			Name: e.name, Clauses: []string{"BOOT-11"}, Doc: "docker run -it IMG bash -c '" + e.script + "'",
			Run: func(ctx context.Context, s *harness.Subject) error {
				code, out, _, err := run(ctx, s, harness.Spec{TTY: true, Cmd: []string{"bash", "-c", e.script}})
				if err == nil && (code != 0 || !strings.Contains(out, e.want) || strings.Contains(out, "no job control")) {
					err = violates("BOOT-11", "want %q and exit 0, got exit %d and:\n%s", e.want, code, out)
				}
				return err
			},
		})
	}
	return append(list, Check{
		Name: "a container with a terminal stops within two seconds with code 0", Clauses: []string{"BOOT-11", "BOOT-16"},
		Doc: "docker stop on `docker run -it IMG sleep infinity`",
		Run: func(ctx context.Context, s *harness.Subject) error {
			c, err := startIdle(ctx, s, harness.Spec{TTY: true})
			if err != nil {
				return err
			}
			end, err := c.Stop(ctx)
			if err != nil {
				return err
			}
			if err := expectQuickStop(end); err != nil {
				return fmt.Errorf("with a terminal: %w", err)
			}
			return nil
		},
	})
}
