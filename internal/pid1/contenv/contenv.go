// Package contenv starts scripts of with-contenv without a process of that name.
//
// spec: SUP-63
package contenv

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/launch"
)

// Name is the name under which this program executes its arguments with that environment.
const Name = "with-contenv"

// Program is something to execute.
type Program struct {
	Path          string
	Argv, Environ []string
}

// Through returns what becomes of a script whose interpreter is with-contenv: the program that this executes. A start of
// this program takes some milliseconds, and a boot has a dozen. It reports false for everything else, for another
// with-contenv than this program, and where that would have something to say. A relative file lies in dir; "" is the
// present one.
func Through(file, dir string, argv []string, own env.Environ) (p Program, ok bool) {
	words := interpreted(file, dir, argv)
	if len(words) < 3 || filepath.Base(words[0]) != Name || !isSelf(words[0]) {
		return Program{}, false
	}
	environ, err := env.OfContainer(env.Dir, own)
	if err != nil {
		return Program{}, false
	}
	path, err := launch.Find(words[1], environ.Get("PATH"))
	if err != nil {
		return Program{}, false
	}
	return Program{path, words[1:], environ}, true
}

// interpreted is the command line that the kernel makes for an executable script, nil for any other file.
func interpreted(file, dir string, argv []string) []string {
	place := file
	if !filepath.IsAbs(file) {
		place = filepath.Join(dir, file)
	}
	if unix.Faccessat(unix.AT_FDCWD, place, unix.X_OK, unix.AT_EACCESS) != nil {
		return nil
	}
	held, err := unix.Open(place, unix.O_PATH|unix.O_CLOEXEC, 0) // which no fifo and no device notices
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(held) }() // it was only looked at
	var st unix.Stat_t
	var fs unix.Statfs_t
	if unix.Fstat(held, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG ||
		unix.Fstatfs(held, &fs) != nil || fs.Flags&unix.ST_NOEXEC != 0 {
		return nil
	}
	f, err := os.Open("/proc/self/fd/" + strconv.Itoa(held))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, launch.MaxShebang)
	n, _ := io.ReadFull(f, head) // a short file is one, too
	if !bytes.ContainsRune(head[:n], '\n') {
		return nil
	}
	return launch.Script(bytes.NewReader(head[:n]), file, argv)
}

func isSelf(file string) bool {
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		return false
	}
	info, err := os.Stat(file)
	return err == nil && os.SameFile(self, info)
}
