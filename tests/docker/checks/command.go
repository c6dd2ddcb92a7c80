package checks

import (
	"context"
	"regexp"
	"strings"

	"caduceus/tests/docker/harness"
)

// commandChecks are about the words after the image's name.
// contract: CMD-01 CMD-02 CMD-03 CMD-04 CMD-05 CMD-06 CMD-07
func commandChecks() []Check {
	list := []Check{}
	for _, e := range []struct {
		name, clause string
		spec         harness.Spec
		code         int
		match        string
	}{
		{"a program on the PATH runs with its arguments", "CMD-02", harness.Spec{Cmd: []string{"echo", "two  words", "-p"}}, 0, `(?m)^two  words -p$`},
		{"a path to a program runs", "CMD-02", harness.Spec{Cmd: []string{"/bin/sh", "-c", "echo by-path"}}, 0, `(?m)^by-path$`},
		{"words that name no program go to hermes", "CMD-03", harness.Spec{Cmd: []string{"--version"}}, 0, `Hermes Agent v\d`},
		{"a subcommand wins over a program the image brings", "CMD-04", harness.Spec{Cmd: []string{"mcp", "--help"}}, 0, `usage: hermes mcp`},
		{"the main program runs as hermes", "CMD-05", harness.Spec{Cmd: []string{"id"}}, 0, `uid=10000\(hermes\) gid=10000\(hermes\)`},
		{"the main program starts in the image's directory", "CMD-06", harness.Spec{Cmd: []string{"pwd"}}, 0, `(?m)^/opt/hermes$`},
		{"docker run -w is honoured", "CMD-06", harness.Spec{Cmd: []string{"pwd"}, WorkDir: "/tmp"}, 0, `(?m)^/tmp$`},
		{
			"HERMES_ORIG_CWD overrides the directory", "CMD-06",
			harness.Spec{Cmd: []string{"pwd"}, WorkDir: "/tmp", Env: map[string]string{"HERMES_ORIG_CWD": "/opt/data"}},
			0, `(?m)^/opt/data$`,
		},
		{"chat --help explains itself", "CMD-07", harness.Spec{Cmd: []string{"chat", "--help"}}, 0, `usage: hermes chat`},
		{"--help explains itself", "CMD-07", harness.Spec{Cmd: []string{"--help"}}, 0, `usage: hermes`},
		{"dashboard --help explains itself", "CMD-07", harness.Spec{Cmd: []string{"dashboard", "--help"}}, 0, `usage: hermes dashboard`},
		{"version prints the version", "CMD-07", harness.Spec{Cmd: []string{"version"}}, 0, `Hermes Agent v\d`},
	} {
		list = append(list, Check{
			Name: e.name, Clauses: []string{e.clause}, Doc: "docker run IMG " + strings.Join(e.spec.Cmd, " "),
			Run: func(ctx context.Context, s *harness.Subject) error {
				code, out, errs, err := run(ctx, s, e.spec)
				switch {
				case err != nil:
					return err
				case code != e.code || !regexp.MustCompile(e.match).MatchString(out):
					return violates(e.clause, "want exit code %d and stdout like %q, got %d and:\n%s%s", e.code, e.match, code, out, errs)
				case strings.Contains(out+errs, "Traceback"):
					return violates(e.clause, "a traceback:\n%s%s", out, errs)
				}
				return nil
			},
		})
	}
	return append(list, Check{
		Name: "without arguments the agent itself runs", Clauses: []string{"CMD-01"},
		Doc: "docker run -it IMG, and looks for the agent as the main program", Run: bareRun,
	})
}

func bareRun(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{TTY: true, Env: map[string]string{"OPENAI_API_KEY": "sk-no-such-key"}})
	if err != nil {
		return err
	}
	p, err := c.WaitProcess(ctx, `python3? /opt/hermes/libexec/hermes$`, 0, bootLimit)
	if err == nil && (p.PPID != 1 || p.UID != 10000) {
		err = violates("CMD-01", "want a child of PID 1 of uid 10000, got %s", p)
	}
	if err != nil {
		return broken("CMD-01", err)
	}
	return nil
}
