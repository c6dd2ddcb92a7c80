package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/internal/verify/probe"
	"caduceus/internal/verify/report"
	"caduceus/internal/verify/run"
	"caduceus/internal/verify/structure"
	"caduceus/tests/docker/harness"
)

// ownTest is a test of a user's file.
type ownTest struct {
	id string // own/FILE/NAME
	structure.Test
	options structure.RunOptions
}

// ownTests reads test files; all that is wrong in any of them is in one error.
func ownTests(files []string) ([]ownTest, error) {
	var list []ownTest
	var errs []error
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read the test file: %w", err))
			continue
		}
		f, err := structure.Read(file, text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, t := range f.Tests() {
			list = append(list, ownTest{"own/" + filepath.Base(file) + "/" + t.Name, t, f.Options})
		}
	}
	return list, errors.Join(errs...)
}

// ownCases are a user's tests ready to run.
func ownCases(tests []ownTest, e *harness.Engine, o options) []run.Case {
	var list []run.Case
	for _, t := range tests {
		c := run.Case{Result: report.Result{ID: t.id, Tier: "own", Promise: t.Name, Clauses: []string{}}}
		if t.NotRun != "" {
			c.Result.Outcome, c.Result.Reason = report.NotRun, t.NotRun
		} else {
			c.Begin = func() run.Look { return ownLook{t, e.Subject(""), o.evidence} }
		}
		list = append(list, c)
	}
	return list
}

// ownLook is a user's test while it runs.
type ownLook struct {
	test     ownTest
	subject  *harness.Subject
	evidence string
}

func (l ownLook) Run(ctx context.Context) ([]report.Break, error) {
	image, err := newOwnImage(ctx, l.subject)
	if err != nil {
		return nil, err
	}
	err = l.test.Run(ctx, image)
	if _, is := errors.AsType[*structure.Mismatch](err); is {
		return []report.Break{{Clause: l.test.id, Saw: err.Error()}}, nil
	}
	return nil, err
}

func (l ownLook) Looked() bool { return l.subject.Looked() }

func (l ownLook) Notes() []string { return nil }

func (l ownLook) Keep(ctx context.Context, r report.Result) (folder, repeat string, err error) {
	r.ID = strings.NewReplacer("/", "-", " ", "-").Replace(r.ID)
	return look{subject: l.subject, evidence: l.evidence}.Keep(ctx, r)
}

func (l ownLook) Close(ctx context.Context) error { return l.subject.Close(ctx) }

// ownImage lets a user's test look at the image, by containers in which the probe alone runs.
type ownImage struct {
	subject *harness.Subject
	config  structure.Config
}

func newOwnImage(ctx context.Context, s *harness.Subject) (*ownImage, error) {
	got, err := s.Inspect(ctx)
	if err != nil {
		return nil, err
	}
	i := &ownImage{subject: s, config: structure.Config{Env: map[string]string{}}}
	c := got.Config
	if c == nil {
		return i, nil
	}
	for _, v := range c.Env {
		name, value, _ := strings.Cut(v, "=")
		i.config.Env[name] = value
	}
	for port := range c.ExposedPorts {
		i.config.Ports = append(i.config.Ports, port)
	}
	for volume := range c.Volumes {
		i.config.Volumes = append(i.config.Volumes, volume)
	}
	i.config.Labels, i.config.Entrypoint, i.config.Cmd = c.Labels, c.Entrypoint, c.Cmd
	i.config.Workdir, i.config.User = c.WorkingDir, c.User
	return i, nil
}

func (i *ownImage) Config() structure.Config { return i.config }

// start starts a container in which the probe waits, as the image's user or another.
func (i *ownImage) start(ctx context.Context, o structure.RunOptions, env map[string]string) (*harness.Container, error) {
	return i.subject.Start(ctx, harness.Spec{
		Entrypoint: []string{i.subject.Probe()}, Cmd: []string{"-", probe.Wait}, User: o.User, TTY: o.AllocateTTY, Env: env,
		Host: func(h *container.HostConfig) { h.Privileged, h.CapAdd = o.Privileged, o.Capabilities },
	})
}

func (i *ownImage) Run(ctx context.Context, o structure.RunOptions, env map[string]string, commands ...[]string) ([]structure.Result, error) {
	all := map[string]string{}
	for _, name := range o.EnvVars {
		if value, set := os.LookupEnv(name); set {
			all[name] = value
		}
	}
	if err := readEnvFile(o.EnvFile, all); err != nil {
		return nil, err
	}
	maps.Copy(all, env)
	c, err := i.start(ctx, o, all)
	if err != nil {
		return nil, err
	}
	user := o.User
	if user == "" {
		user = i.config.User
	}
	if user == "" {
		user = "0"
	}
	var results []structure.Result
	for _, command := range commands {
		res, err := c.Exec(ctx, harness.Exec{Cmd: command, User: user, TTY: o.AllocateTTY})
		if err != nil {
			return nil, err
		}
		results = append(results, structure.Result{Code: res.Code, Stdout: res.Stdout, Stderr: res.Stderr})
	}
	return results, nil
}

// readEnvFile reads lines NAME=value; blank ones and comments do not count.
func readEnvFile(file string, into map[string]string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read envFile: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if found && !strings.HasPrefix(strings.TrimSpace(name), "#") {
			into[strings.TrimSpace(name)] = value
		}
	}
	return nil
}

func (i *ownImage) File(ctx context.Context, name string) (probe.File, error) {
	c, err := i.start(ctx, structure.RunOptions{User: "0"}, nil)
	if err != nil {
		return probe.File{}, err
	}
	files, err := c.Files(ctx, name)
	return files[name], err
}

// Content follows links, as many as a system does, and reads all of a file.
func (i *ownImage) Content(ctx context.Context, name string) ([]byte, error) {
	c, err := i.start(ctx, structure.RunOptions{User: "0"}, nil)
	if err != nil {
		return nil, err
	}
	const most = 40
	for range most {
		files, err := c.Files(ctx, name)
		if err != nil {
			return nil, err
		}
		f := files[name]
		if f.Type != "link" {
			break
		}
		if path.IsAbs(f.Target) {
			name = f.Target
		} else {
			name = path.Join(path.Dir(name), f.Target)
		}
	}
	text, err := c.Content(ctx, name)
	return []byte(text), err
}
