package launch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"caduceus/internal/env"
	"caduceus/internal/held"
)

// Find returns the file that the name of a program means. The error is ENOENT or EACCES.
func Find(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	var err error = syscall.ENOENT
	for _, file := range candidates(name, path) {
		switch failed := Executable(file); {
		case failed == nil:
			return file, nil
		case !errors.Is(failed, fs.ErrNotExist) && !errors.Is(failed, syscall.ENOTDIR):
			err = syscall.EACCES
		}
	}
	return "", err
}

// FindAll lists the programs of a name in the order in which Find prefers them.
func FindAll(name, path string) []string {
	return slices.DeleteFunc(candidates(name, path), func(file string) bool { return Executable(file) != nil })
}

// Executable returns nil if path leads to a regular file that somebody may execute; else fs.ErrPermission,
// or the errno that says why it cannot be looked at. Neither has the path in its text.
func Executable(path string) error {
	info, err := os.Stat(path)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular(), info.Mode()&0o111 == 0:
		return fs.ErrPermission
	}
	return nil
}

// candidates lists the files that a name may mean.
func candidates(name, path string) []string {
	if name == "" {
		return nil
	}
	var files []string
	for _, dir := range searchOrder(searched(path)) {
		files = append(files, strings.TrimSuffix(dir, "/")+"/"+name)
	}
	return files
}

// searched lists the directories of a PATH that count, each once.
func searched(path string) []string {
	if path == "" {
		path = env.SystemPath
	}
	var dirs []string
	for dir := range strings.SplitSeq(path, ":") {
		if filepath.IsAbs(dir) && !slices.Contains(dirs, filepath.Clean(dir)) {
			dirs = append(dirs, filepath.Clean(dir))
		}
	}
	return dirs
}

// searchOrder puts what root shares with others last, for root.
func searchOrder(dirs []string) []string {
	if os.Geteuid() != 0 {
		return dirs
	}
	var own, shared []string
	for _, dir := range dirs {
		if _, err := held.RootsOwn(dir); err == nil {
			own = append(own, dir)
		} else {
			shared = append(shared, dir)
		}
	}
	return append(own, shared...)
}
