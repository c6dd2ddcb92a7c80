package structure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"caduceus/internal/verify/probe"
)

// Image is what a test looks at.
type Image interface {
	Config() Config
	// Run starts a container in which nothing else runs and executes commands in it, one after the other; it stops at the first
	// that cannot be executed.
	Run(ctx context.Context, o RunOptions, env map[string]string, commands ...[]string) ([]Result, error)
	// File is what lies at a path, a link itself.
	File(ctx context.Context, path string) (probe.File, error)
	// Content is all of a regular file, where a link leads to one, too.
	Content(ctx context.Context, path string) ([]byte, error)
}

// Config is the part of an image's configuration that a metadata test compares.
type Config struct {
	Env        map[string]string
	Labels     map[string]string
	Ports      []string // as 8642 or 8642/tcp
	Entrypoint []string
	Cmd        []string
	Workdir    string
	Volumes    []string
	User       string
}

// Result is how a command ended.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Test is one test of a file, ready to run.
type Test struct {
	Name   string // unique in the file: "command/python runs"
	NotRun string // why it cannot be run here, "" where it can
	Run    func(ctx context.Context, image Image) error
}

// Mismatch is an expectation that does not hold.
type Mismatch struct{ Saw string }

func (m *Mismatch) Error() string { return m.Saw }

func mismatch(format string, args ...any) error { return &Mismatch{fmt.Sprintf(format, args...)} }

// Tests lists the tests of a file.
func (f File) Tests() []Test {
	var list []Test
	for _, t := range f.CommandTests {
		one := Test{Name: "command/" + t.Name, Run: func(ctx context.Context, i Image) error { return t.run(ctx, i, f) }}
		if len(f.Options.BindMounts) > 0 {
			one.NotRun = "needs bind mounts, which name paths of the engine's host"
		}
		list = append(list, one)
	}
	for _, t := range f.FileExistenceTests {
		list = append(list, Test{Name: "file/" + t.Name, Run: t.run})
	}
	for _, t := range f.FileContentTests {
		list = append(list, Test{Name: "content/" + t.Name, Run: t.run})
	}
	if f.MetadataTest != nil {
		list = append(list, Test{Name: "metadata", Run: func(_ context.Context, i Image) error { return f.MetadataTest.compare(i.Config()) }})
	}
	for n := range f.LicenseTests {
		list = append(list, Test{Name: "license/" + strconv.Itoa(n), NotRun: "is a licence test, which are not evaluated"})
	}
	return list
}

// expand replaces $NAME and ${NAME} by the image's own variables; one that it does not have becomes nothing.
func expand(text string, env map[string]string) string {
	return os.Expand(text, func(name string) string { return env[name] })
}

func expandAll(words []string, env map[string]string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = expand(w, env)
	}
	return out
}

func (t CommandTest) run(ctx context.Context, image Image, f File) error {
	env := map[string]string{}
	for _, v := range slices.Concat(f.GlobalEnvVars, t.EnvVars) {
		env[v.Key] = expand(v.Value, image.Config().Env)
	}
	known := maps.Clone(image.Config().Env)
	if known == nil {
		known = map[string]string{}
	}
	maps.Copy(known, env)
	var commands [][]string
	for _, c := range t.Setup {
		commands = append(commands, expandAll(c, known))
	}
	at := len(commands)
	commands = append(commands, expandAll(append([]string{t.Command}, t.Args...), known))
	for _, c := range t.Teardown {
		commands = append(commands, expandAll(c, known))
	}
	results, err := image.Run(ctx, f.Options, env, commands...)
	if err != nil {
		return err
	}
	var errs []error
	for i, r := range results {
		if i != at && r.Code != 0 {
			errs = append(errs, mismatch("%q ended with code %d: %s", commands[i], r.Code, r.Stderr))
		}
	}
	got := results[at]
	if got.Code != t.ExitCode {
		errs = append(errs, mismatch("%q ended with code %d, not %d: %s%s", commands[at], got.Code, t.ExitCode, got.Stdout, got.Stderr))
	}
	errs = append(errs,
		matches("stdout", got.Stdout, t.ExpectedOutput, t.ExcludedOutput),
		matches("stderr", got.Stderr, t.ExpectedError, t.ExcludedError))
	return errors.Join(errs...)
}

// matches compares a text with expressions that have to match somewhere, and with some that may not.
func matches(what, text string, expected, excluded []string) error {
	var errs []error
	for _, expr := range expected {
		if !regexp.MustCompile(expr).MatchString(text) {
			errs = append(errs, mismatch("%s does not match %q: %q", what, expr, text))
		}
	}
	for _, expr := range excluded {
		if regexp.MustCompile(expr).MatchString(text) {
			errs = append(errs, mismatch("%s matches %q: %q", what, expr, text))
		}
	}
	return errors.Join(errs...)
}

func (t FileTest) run(ctx context.Context, image Image) error {
	name := path.Clean(expand(t.Path, image.Config().Env))
	f, err := image.File(ctx, name)
	if err != nil {
		return err
	}
	exists := f.Error == ""
	if want := t.ShouldExist == nil || *t.ShouldExist; exists != want {
		if want {
			return mismatch("%q is not there: %s", name, f.Error)
		}
		return mismatch("%q is there: a %s", name, f.Type)
	}
	if !exists {
		return nil
	}
	var errs []error
	if got := mode(f).String(); t.Permissions != "" && got != t.Permissions {
		errs = append(errs, mismatch("the permissions of %q are %s, not %s", name, got, t.Permissions))
	}
	if t.UID != nil && *t.UID >= 0 && uint32(*t.UID) != f.UID { //nolint:gosec // a uid of a test file
		errs = append(errs, mismatch("%q belongs to uid %d, not %d", name, f.UID, *t.UID))
	}
	if t.GID != nil && *t.GID >= 0 && uint32(*t.GID) != f.GID { //nolint:gosec // as above
		errs = append(errs, mismatch("%q belongs to gid %d, not %d", name, f.GID, *t.GID))
	}
	if bits, _ := executableBits(t.IsExecutableBy); bits != 0 && f.Mode&bits == 0 {
		errs = append(errs, mismatch("%q is not executable by %s: %s", name, t.IsExecutableBy, mode(f)))
	}
	return errors.Join(errs...)
}

// mode is a file's as Go has it.
func mode(f probe.File) os.FileMode {
	m := os.FileMode(f.Mode & 0o777)
	for bit, as := range map[uint32]os.FileMode{0o4000: os.ModeSetuid, 0o2000: os.ModeSetgid, 0o1000: os.ModeSticky} {
		if f.Mode&bit != 0 {
			m |= as
		}
	}
	switch f.Type {
	case "directory":
		m |= os.ModeDir
	case "link":
		m |= os.ModeSymlink
	case "fifo":
		m |= os.ModeNamedPipe
	case "socket":
		m |= os.ModeSocket
	case "device":
		m |= os.ModeDevice
	}
	return m
}

func (t ContentTest) run(ctx context.Context, image Image) error {
	name := path.Clean(expand(t.Path, image.Config().Env))
	f, err := image.File(ctx, name)
	if err != nil {
		return err
	}
	if f.Error != "" {
		return mismatch("%q is not there: %s", name, f.Error)
	}
	if f.Type == "directory" {
		return mismatch("%q is a directory", name)
	}
	text, err := image.Content(ctx, name)
	if err != nil {
		return err
	}
	return matches(fmt.Sprintf("%q", name), string(text), t.ExpectedContents, t.ExcludedContents)
}

func (m MetadataTest) compare(c Config) error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, mismatch(format, args...)) }
	for _, v := range slices.Concat(m.EnvVars, m.Env) {
		pair(add, "variable", v, c.Env)
	}
	for _, v := range m.UnboundEnvVars {
		if value, set := c.Env[v.Key]; set {
			add("variable %q is set, to %q", v.Key, value)
		}
	}
	for _, v := range m.Labels {
		pair(add, "label", v, c.Labels)
	}
	for _, p := range m.ExposedPorts {
		if !exposed(c.Ports, p) {
			add("port %s is not exposed, of %q", p, c.Ports)
		}
	}
	for _, p := range m.UnexposedPorts {
		if exposed(c.Ports, p) {
			add("port %s is exposed", p)
		}
	}
	words(add, "entry point", m.Entrypoint, c.Entrypoint)
	words(add, "command", m.Cmd, c.Cmd)
	if m.Workdir != "" && m.Workdir != c.Workdir {
		add("the working directory is %q, not %q", c.Workdir, m.Workdir)
	}
	if m.User != "" && m.User != c.User {
		add("the user is %q, not %q", c.User, m.User)
	}
	for _, v := range m.Volumes {
		if !slices.Contains(c.Volumes, v) {
			add("volume %q is not declared, of %q", v, c.Volumes)
		}
	}
	for _, v := range m.UnmountedVolumes {
		if slices.Contains(c.Volumes, v) {
			add("volume %q is declared", v)
		}
	}
	return errors.Join(errs...)
}

type adder func(format string, args ...any)

func pair(add adder, what string, want EnvVar, have map[string]string) {
	value, set := have[want.Key]
	switch {
	case !set:
		add("%s %q is not set", what, want.Key)
	case want.IsRegex && !regexp.MustCompile(want.Value).MatchString(value):
		add("%s %q does not match %q: %q", what, want.Key, want.Value, value)
	case !want.IsRegex && value != want.Value:
		add("%s %q is %q, not %q", what, want.Key, value, want.Value)
	}
}

// words compares an entry point or a command; nil is not asked, empty wants none.
func words(add adder, what string, want *[]string, have []string) {
	if want != nil && !slices.Equal(*want, have) {
		add("the %s is %q, not %q", what, have, *want)
	}
}

// exposed reports whether a port stands in a list; a number alone is one of TCP.
func exposed(list []string, port string) bool {
	full := func(p string) string {
		if strings.Contains(p, "/") {
			return p
		}
		return p + "/tcp"
	}
	return slices.ContainsFunc(list, func(p string) bool { return full(p) == full(port) })
}
