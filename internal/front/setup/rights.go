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

// mostRights is the number of programs that are named one by one.
const mostRights = 16

// programDirs returns the directories where packages put setuid programs and the like.
func programDirs() []string {
	return append(strings.Split(env.SystemPath, ":"), "/usr/libexec", "/usr/lib/openssh", "/opt/hermes/bin")
}

// lookForRights looks for programs that run with more rights than their caller. It does so while other steps run, as it
// takes some milliseconds.
func (j *job) lookForRights() <-chan []program {
	found := make(chan []program, 1)
	if env.AllowNewPrivileges.On(j.Environ) {
		found <- nil
		return found
	}
	go func() { found <- j.programsWithRights() }()
	return found
}

// warnAboutRights warns about these programs. The image has none. Those of a derived image do not get their rights if
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

// program is a file that runs with more rights than its caller, and the reason.
type program struct{ path, right string }

// programsWithRights looks at the files in programDirs, but not in directories below them.
func (j *job) programsWithRights() []program {
	var found []program
	var seen []string
	for _, dir := range programDirs() {
		resolved, err := filepath.EvalSymlinks(j.inRoot(dir)) // /bin is a link to /usr/bin, which must not count twice
		if err != nil || slices.Contains(seen, resolved) {
			continue
		}
		seen = append(seen, resolved)
		entries, _ := os.ReadDir(resolved) // hermes finds no program in a directory that cannot be read
		for _, e := range entries {
			if !e.Type().IsRegular() {
				continue
			}
			if right := rightOf(filepath.Join(resolved, e.Name())); right != "" {
				found = append(found, program{filepath.Join(strings.TrimPrefix(resolved, strings.TrimSuffix(j.Root, "/")), e.Name()), right})
			}
		}
	}
	return found
}

// rightOf returns why a file runs with more rights than its caller, "" if it does not.
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
