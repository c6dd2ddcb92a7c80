package setup

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
)

// mostRights is how many programs the boot names one by one.
const mostRights = 16

// programDirs are where packages put programs that run with rights of their own.
func programDirs() []string {
	return append(strings.Split(env.SystemPath, ":"), "/usr/libexec", "/usr/lib/openssh", "/opt/hermes/bin")
}

// lookForRights looks for programs that would run with more rights than their caller, beside the other steps: it takes
// milliseconds, as it looks at every program.
func (j *job) lookForRights() <-chan []program {
	found := make(chan []program, 1)
	if env.AllowNewPrivileges.On(j.Environ) {
		found <- nil
		return found
	}
	go func() { found <- j.programsWithRights() }()
	return found
}

// warnAboutRights names these programs. The image has none; those of a derived image do not get their rights where
// hermes starts them, unless the operator allows it.
//
// contract: RUN-14
func (j *job) warnAboutRights(found []program) {
	for _, p := range found[:min(len(found), mostRights)] {
		j.warn("%q %s, which gives hermes nothing; %s=1 lets it work", p.path, p.right, env.AllowNewPrivileges)
	}
	if more := len(found) - mostRights; more > 0 {
		j.warn("%d more programs have such rights", more)
	}
}

// program is one that has rights of its own, and what gives them.
type program struct{ path, right string }

// programsWithRights looks at the files of the usual directories, each directory once, and at nothing below them.
func (j *job) programsWithRights() []program {
	var found []program
	var seen []string
	for _, dir := range programDirs() {
		real, err := filepath.EvalSymlinks(j.inRoot(dir)) // /bin leads to /usr/bin
		if err != nil || slices.Contains(seen, real) {
			continue
		}
		seen = append(seen, real)
		entries, _ := os.ReadDir(real) // what cannot be read, hermes cannot look up either
		for _, e := range entries {
			if !e.Type().IsRegular() {
				continue
			}
			if right := rightOf(filepath.Join(real, e.Name())); right != "" {
				found = append(found, program{filepath.Join(strings.TrimPrefix(real, strings.TrimSuffix(j.Root, "/")), e.Name()), right})
			}
		}
	}
	return found
}

// rightOf returns what a file gives to who executes it, "" if nothing.
func rightOf(path string) string {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&0o111 == 0 {
		return ""
	}
	switch {
	case info.Mode()&fs.ModeSetuid != 0:
		return "is setuid"
	case info.Mode()&fs.ModeSetgid != 0:
		return "is setgid"
	}
	if n, err := unix.Lgetxattr(path, "security.capability", nil); err == nil && n > 0 {
		return "has capabilities"
	}
	return ""
}
