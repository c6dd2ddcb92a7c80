package boot

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/contenv"
	"caduceus/internal/pid1/proc"
)

// lookPath finds the file that a command name means, as execvp does: a name with a slash is the
// file; else the first regular file with an execute bit in the directories of path, which searchOrder
// has put in order. dir is where relative directories start.
func lookPath(name, path, dir string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	var err error = syscall.ENOENT
	for _, entry := range searchOrder(strings.Split(path, ":")) {
		file := entry + "/" + name
		if entry == "" {
			file = "./" + name
		}
		info, statErr := os.Stat(inDir(dir, file))
		switch {
		case statErr == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0:
			return file, nil
		case statErr == nil, errors.Is(statErr, fs.ErrPermission):
			err = syscall.EACCES
		}
	}
	return "", err
}

func inDir(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}

// alternative says how a file that the kernel refused with err can be executed after all: as a
// shell script when it has no header, by its own interpreter when only the mount forbids it. It
// gives nil when there is no way.
//
// spec: SUP-26, SUP-27
func alternative(file string, argv []string, dir string, err error) []string {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return append([]string{"/bin/sh", file}, argv[1:]...)
	case errors.Is(err, syscall.EACCES) && onNoexecMount(inDir(dir, file)):
		f, openErr := os.Open(inDir(dir, file))
		if openErr != nil {
			return nil
		}
		defer func() { _ = f.Close() }()
		return proc.Script(f, file, argv)
	}
	return nil
}

func onNoexecMount(file string) bool {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return false
	}
	var st unix.Statfs_t
	return unix.Statfs(file, &st) == nil && st.Flags&unix.ST_NOEXEC != 0
}

// Exec replaces this process by the program that argv names, found as execvp would, with the same
// ways out for scripts that the kernel refuses. It returns only when that failed.
func Exec(argv, env []string) error {
	path, _ := contenv.Lookup(env, "PATH")
	file, err := lookPath(argv[0], path, "")
	if err != nil {
		return err
	}
	err = unix.Exec(file, argv, env)
	if words := alternative(file, argv, "", err); words != nil {
		err = unix.Exec(words[0], words, env)
	}
	return err
}

// ExecCode is the exit code that belongs to an error of Exec.
func ExecCode(err error) int { return spawnCode(err) }
