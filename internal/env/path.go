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

	// VolumeDir is for programs of the volume, below the home directory. What root runs looks there last.
	VolumeDir = "/.local/bin"
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

// UserPath returns path, for a program that runs as hermes, with the volume's programs before the system's: behind
// the directories of the image alone. A path without them stays as it is.
//
// contract: TOOL-13
func UserPath(path, home string) string {
	dirs := split(path)
	volume := []string{home + VolumeDir}
	if !slices.Contains(dirs, volume[0]) {
		volume[0] = Home.Default() + VolumeDir
	}
	if !slices.Contains(dirs, volume[0]) {
		return path
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return dir == volume[0] })
	at := 0
	for at < len(dirs) && slices.Contains([]string{ToolsDir, frontDir, VenvDir + "/bin"}, dirs[at]) {
		at++
	}
	return strings.Join(slices.Insert(dirs, at, volume...), ":")
}

// VolumeFirst returns the directory of the volume that path has before a directory of the system, and "" where there
// is none: then root finds the system's programs by their names.
//
// contract: IMG-04
func VolumeFirst(path, home string) string {
	found := ""
	for _, dir := range split(path) {
		switch {
		case dir == home+VolumeDir, dir == Home.Default()+VolumeDir:
			found = dir
		case found != "" && slices.Contains(split(SystemPath), dir):
			return found
		}
	}
	return ""
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
