package launch

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
)

// Exec replaces this process by the program at path, which the kernel, the shell or its interpreter
// executes. It returns only if that failed.
func Exec(path string, argv, environ []string) error {
	err := unix.Exec(path, argv, environ)
	if words := Alternative(path, argv, "", err); words != nil {
		return unix.Exec(words[0], words, environ)
	}
	return err
}

// Run replaces this process by the program that argv names, found in the PATH of environ. It returns only
// if that failed.
func Run(argv []string, environ env.Environ) error {
	file, err := Find(argv[0], environ.Get("PATH"))
	if err != nil {
		return err
	}
	return Exec(file, argv, environ)
}

// Alternative returns the command line that executes a file although the kernel refused it with err, nil if
// there is none: a shell's for a file without a header, its interpreter's for a script on a mount without
// execution. A relative file lies in dir; "" is the present one.
//
// spec: SUP-26
func Alternative(file string, argv []string, dir string, err error) []string {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return append([]string{"/bin/sh", file}, argv[1:]...)
	case errors.Is(err, syscall.EACCES):
		place := file
		if !filepath.IsAbs(file) {
			place = filepath.Join(dir, file)
		}
		if !onNoexecMount(place) {
			return nil
		}
		f, openErr := os.Open(place)
		if openErr != nil {
			return nil
		}
		defer func() { _ = f.Close() }()
		return Script(f, file, argv)
	}
	return nil
}

func onNoexecMount(file string) bool {
	var st unix.Statfs_t
	return Executable(file) == nil && unix.Statfs(file, &st) == nil && st.Flags&unix.ST_NOEXEC != 0
}

// MaxShebang is the length of the first line that the kernel looks at.
const MaxShebang = 256

// Script returns the command line that the kernel would make for a script: the interpreter of its first
// line, that line's one argument, whatever blanks it holds, then path and the arguments in argv. It reads
// the beginning of content, and returns nil if that is no script.
//
// spec: SUP-27
func Script(content io.Reader, path string, argv []string) []string {
	head, _ := io.ReadAll(io.LimitReader(content, MaxShebang)) // what was read before an error counts
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	line, _, _ = bytes.Cut(line, []byte("\n"))
	text := strings.Trim(string(line), " \t")
	if !isScript || text == "" {
		return nil
	}
	words := []string{text}
	if end := strings.IndexAny(text, " \t"); end > 0 {
		words = []string{text[:end], strings.TrimLeft(text[end:], " \t")}
	}
	return append(append(words, path), argv[1:]...)
}
