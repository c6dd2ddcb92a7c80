package contenv

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dir is where /init keeps the environment.
const Dir = "/run/s6/container_environment"

// A Var is one file: it sets a variable, or takes it away when its file is empty.
type Var struct {
	Name, Value string
	Unset       bool
}

// Decode says what a file with this content means.
//
// spec: SUP-63
func Decode(name string, content []byte) Var {
	if len(content) == 0 {
		return Var{Name: name, Unset: true}
	}
	content = bytes.TrimSuffix(content, []byte("\n"))
	return Var{Name: name, Value: string(bytes.ReplaceAll(content, []byte{0}, []byte("\n")))}
}

// named says whether a file of this name is a variable at all.
func named(file string) bool {
	return file != "" && file[0] != '.' && !strings.ContainsAny(file, "=/")
}

// Read gives the variables below dir whose names begin with prefix, in byte order. A file that
// cannot be read as one, such as a subdirectory, is left out and named in the joined error.
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

// Write makes dir with one file for each variable of environ. The names that cannot be names of
// files are given back.
//
// spec: SUP-62
func Write(dir string, environ []string) (left []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make environment %q: %w", dir, err)
	}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
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

// Apply gives the environment of a program behind with-contenv: of base nothing but PATH, and
// over it vars.
//
// spec: SUP-63
func Apply(base []string, vars []Var) []string {
	env := PathOnly(base)
	for _, v := range vars {
		env = slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, v.Name+"=") })
		if !v.Unset {
			env = append(env, v.Name+"="+v.Value)
		}
	}
	return env
}

// PathOnly cuts environ down to PATH.
func PathOnly(environ []string) []string {
	if path, ok := Lookup(environ, "PATH"); ok {
		return []string{"PATH=" + path}
	}
	return nil
}

// Lookup finds the value of name in environ, as getenv does: the first one counts.
func Lookup(environ []string, name string) (string, bool) {
	for _, kv := range environ {
		if key, value, ok := strings.Cut(kv, "="); ok && key == name {
			return value, true
		}
	}
	return "", false
}

// Kept says whether environ asks for no environment directory: S6_KEEP_ENV is a number other than 0.
func Kept(environ []string) bool {
	v, _ := Lookup(environ, "S6_KEEP_ENV")
	return strings.Trim(cmp.Or(v, "0"), "0") != "" && strings.Trim(v, "0123456789") == ""
}
