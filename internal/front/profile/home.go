package profile

import (
	"fmt"
	"path/filepath"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/held"
)

// Home is the directory that env.Home names (H in the contract), and what follows from it.
type Home string

// ParseHome reads env.Home. A value that cannot be a directory of the container is replaced by the default,
// and notice says so in one line.
//
// contract: ENV-11
func ParseHome(environ env.Environ) (home Home, notice string) {
	value := environ.Value(env.Home)
	refused := func(why string) (Home, string) {
		return Home(env.Home.Default()), fmt.Sprintf("%s=%s is %s; using %s", env.Home, env.Shown(value), why, env.Home.Default())
	}
	switch {
	case value == "":
		return Home(env.Home.Default()), ""
	case !filepath.IsAbs(value), strings.ContainsFunc(value, isControl):
		return refused("not an absolute path")
	case len(value) > maxHome:
		return refused("too long for a path")
	}
	home = Home(filepath.Clean(value))
	if IsSystemDir(home.Root()) {
		return refused("a directory of the system, which must not become hermes'")
	}
	return home, ""
}

// RefusedHome is a file with the value of env.Home that the boot has refused for where it leads.
const RefusedHome = "/run/s6/refused-home"

// HomeOf is ParseHome, but for a value that the boot of this container has refused it is the default, too. root is
// a prefix of paths; "" is /.
//
// contract: ENV-14
func HomeOf(root string, environ env.Environ) (home Home, notice string) {
	home, notice = ParseHome(environ)
	if notice != "" || string(home) == env.Home.Default() {
		return home, notice
	}
	refused, err := held.ReadFile(filepath.Join("/", root, RefusedHome))
	if err == nil && string(refused) == environ.Value(env.Home) {
		return Home(env.Home.Default()), fmt.Sprintf("%s=%s was refused by the boot; using %s", env.Home,
			env.Shown(string(refused)), env.Home.Default())
	}
	return home, notice
}

// maxHome leaves room for the names below it in a path of 4096 bytes.
const maxHome = 2048

// IsSystemDir reports whether path is one of the image's own directories, or lies in one that holds programs or
// the kernel's files, and must not be given to hermes.
//
// contract: ENV-11
func IsSystemDir(path string) bool {
	switch path {
	case "/", "/home", "/opt", "/root", "/run", "/tmp", "/var", "/var/run":
		return true
	}
	for _, dir := range []string{
		"/bin", "/boot", "/command", "/dev", "/etc", "/init", "/lib", "/lib64", "/opt/hermes", "/package", "/proc",
		"/run/hermes", "/run/s6", "/run/s6-rc", "/run/service", "/sbin", "/sys", "/usr",
	} {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			return true
		}
	}
	return false
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Root is the directory that has profiles/ in it: H, or its grandparent where H is a profile's.
//
// contract: NAME-03
func (h Home) Root() string {
	if h.named() != "" {
		return filepath.Dir(filepath.Dir(string(h)))
	}
	return string(h)
}

// Dir is the directory of a profile.
//
// contract: STATE-01
func (h Home) Dir(name string) string {
	if name == Default {
		return h.Root()
	}
	return filepath.Join(h.Root(), "profiles", name)
}

// named returns the profile whose directory H is, or "".
func (h Home) named() string {
	if filepath.Base(filepath.Dir(string(h))) == "profiles" {
		return filepath.Base(string(h))
	}
	return ""
}
