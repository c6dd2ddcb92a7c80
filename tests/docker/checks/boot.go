package checks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

// bootChecks follow a container from its start to its main program.
// contract: BOOT-01 BOOT-02 BOOT-03 BOOT-04 BOOT-06 BOOT-07 BOOT-08 BOOT-09
// contract: BOOT-10 BOOT-14 BOOT-15 BOOT-19 AGT-01 AGT-07
func bootChecks() []Check {
	return append(append(facts(idle(), bootFacts()), scripts(idle(), bootScripts())...),
		Check{
			Name: "the main program is the only idle child of init", Clauses: []string{"BOOT-07", "BOOT-08", "BOOT-09"},
			Doc: "reads the process list of an idle container", Run: processTree,
		},
		Check{
			Name: "an idle container prints nothing about s6 supervision", Clauses: []string{"BOOT-10"},
			Doc: "reads the output of an idle container", Run: silentAboutSupervision,
		},
		Check{
			Name: "cont-init scripts run in byte order, then the main program", Clauses: []string{"BOOT-01", "BOOT-02"},
			Doc: "adds scripts that print their names", Run: bootOrder,
		},
		Check{
			Name: "a failing cont-init script stops the boot only with S6_BEHAVIOUR_IF_STAGE2_FAILS=2", Clauses: []string{"BOOT-04"},
			Doc: "adds a script that exits 3, for S6_BEHAVIOUR_IF_STAGE2_FAILS of 0, 1 and 2", Run: failingStage2,
		},
		Check{
			Name: "a container can be restarted again and again", Clauses: []string{"BOOT-03", "AGT-07"},
			Doc: "restarts an idle container twice", Run: restartIdle,
		},
		Check{
			Name: "init without arguments idles until it is stopped", Clauses: []string{"BOOT-15"},
			Doc: "runs --entrypoint /init", Run: bareInit,
		},
		Check{
			Name: "a thousand orphans leave no zombie", Clauses: []string{"BOOT-14"},
			Doc: "forks twice, a thousand times, and looks for the state Z", Run: orphans,
		},
		Check{
			Name: "services.d, fix-attrs.d and cont-finish.d of a derived image are honoured", Clauses: []string{"BOOT-19"},
			Doc: "adds one of each", Run: s6Folders,
		},
	)
}

// bootFacts are who PID 1 is.
func bootFacts() []fact {
	return []fact{
		{
			clause: "BOOT-06", name: "PID 1 keeps its argv",
			see: func(ctx context.Context, c *harness.Container) error {
				return firstProcess(ctx, c, func(p harness.Process) string { return p.Args }, "/init /opt/hermes/docker/main-wrapper.sh sleep infinity")
			},
			show: `tr '\0' ' ' </proc/1/cmdline`,
		},
		{
			clause: "BOOT-06", name: "PID 1 is called s6-svscan",
			see: func(ctx context.Context, c *harness.Container) error {
				return firstProcess(ctx, c, func(p harness.Process) string { return p.Comm }, "s6-svscan")
			},
			show: `cat /proc/1/comm`,
		},
	}
}

func firstProcess(ctx context.Context, c *harness.Container, what func(harness.Process) string, want string) error {
	all, err := c.Processes(ctx)
	if err != nil {
		return err
	}
	p, found := all.PID(1)
	if !found {
		return fmt.Errorf("the probe sees no PID 1 among:\n%s", all)
	}
	if got := what(p); got != want {
		return violates("BOOT-06", "want %q, got %q", want, got)
	}
	return nil
}

func bootScripts() []scripted {
	return []scripted{
		{
			clause: "AGT-01", name: "the agent recognises its supervisor",
			script: `test -d /run/s6/basedir && cd /opt/hermes && python3 -c 'from hermes_cli.service_manager import detect_service_manager as d; print(d())'`, want: "s6",
		},
		{clause: "BOOT-03", name: "/var/run leads to /run", script: `readlink -f /var/run`, want: "/run"},
	}
}

func processTree(ctx context.Context, s *harness.Subject) error {
	c, err := s.Shared(ctx, idle())
	if err != nil {
		return err
	}
	all, err := c.Processes(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if got := all.Children(1).Matching(heartbeat); len(got) != 1 {
		errs = append(errs, violates("BOOT-07", "want one idle child of PID 1, got:\n%s", all))
	}
	wrapped := all.Matching(`main-wrapper\.sh|rc\.init top`)
	if len(wrapped) != 1 || wrapped[0].PID != 1 {
		errs = append(errs, violates("BOOT-08", "want the wrapper in the command line of PID 1 only, got:\n%s", wrapped))
	}
	if got := all.Matching(`hermes dashboard`); len(got) != 0 {
		errs = append(errs, violates("BOOT-09", "want no process like the dashboard, got:\n%s", got))
	}
	return errors.Join(errs...)
}

func silentAboutSupervision(ctx context.Context, s *harness.Subject) error {
	c, err := s.Shared(ctx, idle())
	if err != nil {
		return err
	}
	all, err := c.AllLogs(ctx)
	if err == nil && strings.Contains(all, breadcrumb) {
		err = violates("BOOT-10", "an idle container printed:\n%s", all)
	}
	return err
}

// script is an executable file of root.
func script(path, body string) harness.File {
	return harness.File{Path: path, Mode: 0o755, Content: "#!/command/with-contenv sh\n" + body + "\n"}
}

func bootOrder(ctx context.Context, s *harness.Subject) error {
	_, out, errs, err := run(ctx, s, harness.Spec{
		Cmd: []string{"sh", "-c", "echo mark-cmd"},
		Files: []harness.File{
			script("/etc/cont-init.d/00-first", "echo mark-first; sleep 0.3"),
			script("/etc/cont-init.d/03-Third", "echo mark-upper"),
			script("/etc/cont-init.d/99-last", "echo mark-last"),
		},
	})
	if err != nil {
		return err
	}
	want := []string{"mark-first", "[stage2] Setup complete; starting user services", "reconcile: profile=default", "mark-upper", "mark-last", "mark-cmd"}
	var got []string
	for line := range strings.Lines(errs + out) {
		for _, w := range want {
			if strings.Contains(line, w) {
				got = append(got, w)
			}
		}
	}
	if !slices.Equal(want, got) {
		return violates("BOOT-02", "want the lines in the order %q, got stdout:\n%s\nstderr:\n%s", want, out, errs)
	}
	return nil
}

func failingStage2(ctx context.Context, s *harness.Subject) error {
	var errs []error
	for behaviour, want := range map[string]int{"0": 42, "1": 42, "2": 1} {
		code, out, stderr, err := run(ctx, s, harness.Spec{
			Cmd:   []string{"sh", "-c", "exit 42"},
			Env:   map[string]string{"S6_BEHAVIOUR_IF_STAGE2_FAILS": behaviour},
			Files: []harness.File{script("/etc/cont-init.d/50-fails", "exit 3")},
		})
		if err == nil && code != want {
			err = violates("BOOT-04", "with %s: want exit code %d, got %d; output:\n%s%s", behaviour, want, code, out, stderr)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func restartIdle(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	const started = `cut -d' ' -f22 /proc/1/stat`
	seen := map[string]bool{}
	for i := range 3 {
		if i > 0 {
			if err := c.Restart(ctx); err != nil {
				return err
			}
		}
		if err := booted(ctx, c); err != nil {
			return violates("BOOT-03", "after restart %d: %v", i, err)
		}
		first, err := c.Sh(ctx, started)
		if err != nil {
			return err
		}
		second, err := c.Sh(ctx, started)
		if err != nil {
			return err
		}
		if first.Output() != second.Output() || seen[first.Output()] {
			return violates("AGT-07", "start time of PID 1 after restart %d: %s, then %s", i, first, second)
		}
		seen[first.Output()] = true
	}
	return nil
}

func bareInit(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Entrypoint: []string{"/init"}})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "reconcile: profile=default", bootLimit); err != nil {
		return broken("BOOT-15", err)
	}
	running, err := c.Running(ctx)
	if err != nil {
		return err
	}
	end, err := c.Stop(ctx)
	if err == nil && (!running || end.Code != 0) {
		err = violates("BOOT-15", "want it to run until stopped and then code 0; was running: %t, code %d", running, end.Code)
	}
	return err
}

func orphans(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	const many = 1000
	res, err := c.Sh(ctx, fmt.Sprintf(`i=0; while [ $i -lt %d ]; do (sh -c 'exit 3' &); i=$((i+1)); done; echo $i`, many))
	if err != nil {
		return err
	}
	if res.Output() != fmt.Sprint(many) {
		return fmt.Errorf("cannot make orphans: %s", res)
	}
	return broken("BOOT-14", harness.Poll(ctx, "process table without zombies and without orphans", 10*time.Second,
		func(ctx context.Context) (string, bool, error) {
			all, err := c.Processes(ctx)
			if err != nil {
				return "", false, err
			}
			left := append(all.Zombies(), all.Matching(`exit 3`)...)
			return left.String(), len(left) == 0, nil
		}))
}

func s6Folders(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{
		{Path: "/etc/services.d/probe", Dir: true},
		script("/etc/services.d/probe/run", "exec sleep 98765"),
		{Path: "/srv/attrs", Dir: true},
		{Path: "/srv/attrs/file", Content: "x"},
		{Path: "/etc/fix-attrs.d/10-probe", Content: "/srv/attrs true hermes 0640 0750\n"},
		script("/etc/cont-finish.d/10-probe", "echo mark-finish >&2"),
	}})
	if err != nil {
		return err
	}
	var errs []error
	if _, err := c.WaitProcess(ctx, `^sleep 98765$`, 0, verbLimit); err != nil {
		errs = append(errs, violates("BOOT-19", "services.d: %v", err))
	}
	attrs, err := c.Root(ctx, `stat -c %U:%G:%a /srv/attrs /srv/attrs/file`)
	if err != nil {
		return err
	}
	if want := "hermes:hermes:750\nhermes:hermes:640"; attrs.Output() != want {
		errs = append(errs, violates("BOOT-19", "fix-attrs.d: want %q, got %s", want, attrs))
	}
	if _, err := c.Stop(ctx); err != nil {
		return err
	}
	if all, err := c.AllLogs(ctx); err != nil || !strings.Contains(all, "mark-finish") {
		errs = append(errs, violates("BOOT-19", "cont-finish.d: its script printed nothing (%v); output:\n%s", err, all))
	}
	return errors.Join(errs...)
}
