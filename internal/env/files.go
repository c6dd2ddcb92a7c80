package env

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Dir is where /init keeps the environment of the container.
const Dir = "/run/s6/container_environment"

// A Var is one file: it sets a variable, or takes it away when its file is empty.
type Var struct {
	Name, Value string
	Unset       bool
}

// Decode returns what a file with this content means.
//
// spec: SUP-63
func Decode(name string, content []byte) Var {
	if len(content) == 0 {
		return Var{Name: name, Unset: true}
	}
	content = bytes.TrimSuffix(content, []byte("\n"))
	return Var{Name: name, Value: string(bytes.ReplaceAll(content, []byte{0}, []byte("\n")))}
}

// named reports whether a file of this name is a variable.
func named(file string) bool {
	return file != "" && file[0] != '.' && !strings.ContainsAny(file, "=/")
}

// Read returns the variables below dir whose names begin with prefix, in byte order. A file that cannot be
// read as one, such as a subdirectory, is left out and named in the joined error.
func Read(dir, prefix string) ([]Var, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read environment %q: %w", dir, err)
	}
	var vars []Var
	var skipped []error
	for _, e := range entries {
		if !named(e.Name()) || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			skipped = append(skipped, fmt.Errorf("cannot read environment variable %q: %w", e.Name(), err))
			continue
		}
		vars = append(vars, Decode(e.Name(), content))
	}
	return vars, errors.Join(skipped...)
}

// OfContainer returns the environment of the container, as with-contenv gives it: the files of dir, or own with S6_KEEP_ENV. The
// error names files that cannot be used: the others count. Without any environment, it says why there is none.
//
// spec: SUP-63
func OfContainer(dir string, own Environ) (Environ, error) {
	if KeepEnv.Of(own) > 0 {
		return own, nil
	}
	vars, err := Read(dir, "")
	if vars == nil && err != nil {
		return nil, err
	}
	return Apply(own, vars), err
}

// ReadOne returns the value that v has below dir, "" where it has none that can be read.
func ReadOne(dir string, v Variable) string { return ReadNamed(dir, v.String()) }

// ReadNamed is ReadOne of a variable that is not one of the image's.
func ReadNamed(dir, name string) string {
	if !named(name) {
		return ""
	}
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return Decode(name, content).Value
}

// Write makes dir with one file for each variable of environ. The names that cannot be names of files are
// returned.
//
// spec: SUP-62
func Write(dir string, environ Environ) (left []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make environment %q: %w", dir, err)
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !named(name) {
			left = append(left, name)
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value+"\n"), 0o644); err != nil {
			return left, fmt.Errorf("cannot write environment variable %q: %w", name, err)
		}
	}
	return left, nil
}

// Unset makes the file below dir that takes a variable away.
//
// spec: SUP-63
func Unset(dir, name string) error {
	if !named(name) {
		return fmt.Errorf("cannot take %q away: it cannot name a file", name)
	}
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
		return fmt.Errorf("cannot write environment variable %q: %w", name, err)
	}
	return nil
}

// Apply returns the environment of a program behind with-contenv: of base nothing but PATH, and over it
// vars.
//
// spec: SUP-63
func Apply(base Environ, vars []Var) Environ {
	environ := base.PathOnly()
	for _, v := range vars {
		environ = environ.Without(v.Name)
		if !v.Unset {
			environ = append(environ, v.Name+"="+v.Value)
		}
	}
	return environ
}
