package inherit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/dotenv"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

// Record has the directory of the container's own profile, in a line.
const Record = "/run/s6/own-profile"

// List has the names of the variables that can only belong to one gateway.
const List = "/opt/hermes/libexec/one-gateway"

// Remember writes the record of the container's own profile. root is a prefix of paths; "" is /. Callers may test
// fs.ErrNotExist: no init has made the directory.
func Remember(root string, home profile.Home, name string) error {
	return os.WriteFile(filepath.Join("/", root, Record), []byte(home.Dir(name)+"\n"), 0o644)
}

// Container is whose the container's variables are.
type Container struct {
	Own     string      // the directory of its own profile; "" where no boot has written it down
	Names   []string    // what can only belong to one gateway
	Environ env.Environ // of the container
	Home    profile.Home
}

// Open reads that of this container. What cannot be read is left out: then nothing is known to be withheld.
func Open(root string, home profile.Home) Container {
	c := Container{Home: home}
	if line, err := held.ReadFile(filepath.Join("/", root, Record)); err == nil {
		c.Own = strings.TrimSuffix(string(line), "\n")
	}
	if list, err := held.ReadFile(filepath.Join("/", root, List)); err == nil {
		c.Names = ParseList(string(list))
	}
	vars, _ := env.Read(filepath.Join("/", root, env.Dir), "") // files that are no variables are left out
	c.Environ = env.Apply(nil, vars)
	return c
}

// ParseList reads names, of which a line may have several. A line that begins with # is a comment.
func ParseList(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			names = append(names, strings.Fields(line)...)
		}
	}
	return names
}

// Withheld returns the container's variables that a profile would use if it were the container's own, sorted: it neither
// inherits them nor sets them in its .env.
//
// contract: INH-03
func (c Container) Withheld(name string) []string {
	if c.Own == "" || c.Own == c.Home.Dir(name) {
		return nil
	}
	var given []string
	for _, name := range c.Names {
		if c.Environ.Get(name) != "" {
			given = append(given, name)
		}
	}
	if len(given) == 0 {
		return nil
	}
	set := c.dotenv(name)
	given = slices.DeleteFunc(given, func(name string) bool { _, found := set[name]; return found })
	slices.Sort(given)
	return given
}

// Strip takes from the environment of a program what its profile does not inherit. A variable that has another value than
// the container's was given to that program alone, and stays.
//
// contract: INH-02
func (c Container) Strip(name string, environ env.Environ) env.Environ {
	if c.Own == "" || c.Own == c.Home.Dir(name) {
		return environ
	}
	var names []string
	for _, name := range c.Names {
		if value, found := environ.Lookup(name); found && value == c.Environ.Get(name) {
			names = append(names, name)
		}
	}
	return environ.Without(names...)
}

// dotenv returns what a profile's .env sets; of one that cannot be read that is nothing.
func (c Container) dotenv(name string) map[string]string {
	dir, err := held.Open(c.Home.Dir(name), held.FollowWithin)
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }() // nothing was written
	content, err := dir.ReadHead(".env", dotenv.MaxSize)
	if err != nil && !errors.Is(err, held.ErrTooLarge) {
		return nil
	}
	return dotenv.Read(content, c.Environ).Values
}

// Cause says what a profile does not inherit, "" if there is nothing to say. It has names of variables and no values.
//
// contract: INH-03
func (c Container) Cause(name string) string {
	names := c.Withheld(name)
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("it does not inherit %s: a port or a bot's identity belongs to one gateway, that of profile %s",
		words(names), c.owner())
}

// Fix says how a profile gets variables of its own.
func (c Container) Fix(name string) string {
	return fmt.Sprintf("set what it is to have in %s", filepath.Join(c.Home.Dir(name), ".env"))
}

// owner is the name of the container's own profile.
func (c Container) owner() string {
	if c.Own == c.Home.Root() {
		return profile.Default
	}
	return filepath.Base(c.Own)
}

func words(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
