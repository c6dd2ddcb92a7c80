package reconcile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const wrapper = "main-wrapper.sh"

// commandWords finds the arguments of the init that runs this boot step: those of the nearest ancestor
// of pid whose command line has the wrapper. Another container's init that shares the pid namespace is
// no ancestor. nil if there is none.
func commandWords(proc string, pid int) []string {
	for range 64 {
		raw, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cmdline"))
		if err != nil {
			return nil
		}
		argv := strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00")
		at := slices.IndexFunc(argv, func(word string) bool { return filepath.Base(word) == wrapper })
		if at >= 0 {
			return argv[at+1:]
		}
		if pid, err = parent(proc, pid); err != nil || pid == 0 {
			return nil
		}
	}
	return nil
}

// parent is field 4 of the process's stat file.
func parent(proc string, pid int) (int, error) {
	path := filepath.Join(proc, strconv.Itoa(pid), "stat")
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 2 {
		return 0, fmt.Errorf("cannot parse %q: %d fields", path, len(fields))
	}
	return strconv.Atoi(string(fields[1]))
}

func isHermes(word string) bool { return filepath.Base(word) == "hermes" }
