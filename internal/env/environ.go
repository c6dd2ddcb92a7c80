package env

import (
	"slices"
	"strings"
)

// Environ is an environment as os.Environ gives it: entries NAME=value, of which the first counts where
// a name is there twice, as in the C library.
type Environ []string

// Lookup returns the value of the variable called name, and reports whether it is set.
func (e Environ) Lookup(name string) (string, bool) {
	for _, entry := range e {
		if key, value, ok := strings.Cut(entry, "="); ok && key == name {
			return value, true
		}
	}
	return "", false
}

// Get returns the value of the variable called name, "" if it is not set.
func (e Environ) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Value returns what v is set to, "" if it is not set: its default is for the caller to take.
func (e Environ) Value(v Variable) string { return e.Get(v.String()) }

// With returns a copy of e in which the variable called name has the value, once.
func (e Environ) With(name, value string) Environ {
	return append(e.Without(name), name+"="+value)
}

// Without returns a copy of e in which the variables of these names are not set.
func (e Environ) Without(names ...string) Environ {
	return slices.DeleteFunc(slices.Clone(e), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(names, name)
	})
}

// PathOnly returns e cut down to PATH.
func (e Environ) PathOnly() Environ {
	if path, ok := e.Lookup("PATH"); ok {
		return Environ{"PATH=" + path}
	}
	return nil
}
