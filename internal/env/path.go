package env

import (
	"slices"
	"strings"
)

// Directories that the image puts into PATH.
const (
	ToolsDir = "/command"
	VenvDir  = "/opt/hermes/.venv"
	frontDir = "/opt/hermes/bin"
)

// SystemPath is the PATH of a system that says nothing about it.
const SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// InitPath returns path with what it lacks of the directories that /init and its scripts need, in front.
//
// contract: ENV-04
func InitPath(path string) string {
	dirs := split(path)
	var missing []string
	for _, dir := range []string{ToolsDir, "/usr/bin", "/bin"} {
		if !slices.Contains(dirs, dir) {
			missing = append(missing, dir)
		}
	}
	return strings.Join(append(missing, dirs...), ":")
}

// MainPath returns path with the front and the agent's venv before the system's programs, but after the
// supervision tools where they come first.
//
// contract: ENV-07
func MainPath(path string) string {
	dirs := split(path)
	if len(dirs) == 0 {
		dirs = split(SystemPath)
	}
	first := []string{frontDir, VenvDir + "/bin"}
	if dirs[0] == ToolsDir {
		first = append([]string{ToolsDir}, first...)
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return slices.Contains(first, dir) })
	return strings.Join(append(first, dirs...), ":")
}

// VenvPath returns path with the agent's venv in front.
//
// contract: ENV-07
func VenvPath(path string) string {
	return strings.Join(append([]string{VenvDir + "/bin"}, split(path)...), ":")
}

func split(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ":")
}
