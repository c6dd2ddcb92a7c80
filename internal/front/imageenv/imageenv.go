package imageenv

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/env"
)

// File has the image's own variables, NAME=value a line; the build writes it.
const File = "/opt/hermes/libexec/image.env"

// imageDir is where the image keeps its own files, and nobody else any.
const imageDir = "/opt/hermes"

// Read returns the image's own variables, none where there is no such file. root is a prefix of paths; "" is /.
func Read(root string) env.Environ {
	text, err := os.ReadFile(filepath.Join("/", root, File))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// Change is a variable that is to have another value than it was given.
type Change struct {
	Name, Given string
	Value       string // "": the variable is to be taken away
	Gone        string // the file of another image that Given names, "" if the variable follows HERMES_HOME
}

// Changes compares given, the variables of a container whose volume is at home, with the image's own. A variable that has
// the image's own value counts as not set by the user.
//
// contract: ENV-15
func Changes(root, home string, given, image env.Environ) []Change {
	if len(image) == 0 {
		return nil // an image that was not finished: nothing is known about it
	}
	var changes []Change
	for _, entry := range given {
		name, value, _ := strings.Cut(entry, "=")
		own := image.Get(name)
		switch {
		case name == env.Home.String() || name == env.WorkDir.String() || value == "":
		case name == "PATH":
			if path := followPath(value, home); path != value {
				changes = append(changes, Change{Name: name, Given: value, Value: path})
			}
		case value == own && follow(value, home) != value:
			changes = append(changes, Change{Name: name, Given: value, Value: follow(value, home)})
		case value != own && ofImage(name, image):
			if gone := missing(root, name, value); gone != "" && missing(root, name, own) == "" {
				changes = append(changes, Change{Name: name, Given: value, Value: follow(own, home), Gone: gone})
			}
		}
	}
	return changes
}

// Apply returns environ with the changes.
func Apply(environ env.Environ, changes []Change) env.Environ {
	for _, c := range changes {
		if c.Value == "" {
			environ = environ.Without(c.Name)
		} else {
			environ = environ.With(c.Name, c.Value)
		}
	}
	return environ
}

// follow returns a path on the image's default volume as it is below home; another value stays.
func follow(value, home string) string {
	rest, found := strings.CutPrefix(value, env.Home.Default())
	if !found || rest != "" && rest[0] != '/' {
		return value
	}
	return home + rest
}

// followPath makes the volume's own directory of programs in a PATH follow home.
func followPath(path, home string) string {
	dirs := strings.Split(path, ":")
	own := env.Home.Default() + env.VolumeDir
	if slices.Contains(dirs, home+env.VolumeDir) {
		return path
	}
	for i, dir := range dirs {
		if dir == own {
			dirs[i] = home + env.VolumeDir
		}
	}
	return strings.Join(dirs, ":")
}

// ofImage reports whether a variable is one that images of the agent set.
func ofImage(name string, image env.Environ) bool {
	_, is := image.Lookup(name)
	return is || slices.ContainsFunc([]string{"HERMES_", "PLAYWRIGHT_", "AGENT_BROWSER_"}, func(family string) bool {
		return strings.HasPrefix(name, family)
	})
}

// missing returns the file below the image's directory that value needs and that is not there, else "".
func missing(root, name, value string) string {
	path := filepath.Clean(value)
	if !strings.HasPrefix(path, imageDir+"/") {
		return ""
	}
	if name == env.Browsers.String() {
		if found, _ := filepath.Glob(filepath.Join("/", root, path, "chromium*")); len(found) == 0 {
			return path
		}
		return ""
	}
	file := filepath.Join(path, Needs(name))
	if _, err := os.Stat(filepath.Join("/", root, file)); errors.Is(err, fs.ErrNotExist) {
		return file
	}
	return ""
}

// Needs is the file without which the directory that a variable names is of no use, "" if the directory will do.
func Needs(name string) string {
	switch name {
	case env.WebDist.String():
		return "index.html"
	case env.TUIDir.String():
		return "dist/entry.js"
	}
	return ""
}
