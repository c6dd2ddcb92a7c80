package client

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"caduceus/internal/held"
)

// Resolve returns the arguments of a client, with each directory by the path where it leads, and whether all of them are
// root's own. Where they are, that path stays what it is: nobody else can exchange an element of it.
func Resolve(args []string) (resolved []string, roots bool) {
	roots = true
	for _, arg := range args {
		info, err := os.Stat(arg)
		if strings.HasPrefix(arg, "-") || err != nil || !info.IsDir() {
			resolved = append(resolved, arg)
			continue
		}
		path, err := rootsOwn(arg)
		if err != nil {
			path, err = named(arg)
		}
		if err != nil {
			roots, path = false, arg
		}
		resolved = append(resolved, path)
	}
	return resolved, roots
}

// named is the path of a service of root's that has its name in a scandir of hermes', a link. Hermes may exchange that,
// but not for one that leads elsewhere than to root's service of that name.
func named(link string) (string, error) {
	target, err := filepath.EvalSymlinks(link)
	if err != nil {
		return "", err
	}
	if filepath.Base(target) != filepath.Base(link) {
		return "", held.ErrHands
	}
	return rootsOwn(target)
}

// rootsOwn is the path where a directory of services, or of a service, leads. It is an error if anybody but root can change
// what a client opens there.
func rootsOwn(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for _, place := range []string{"supervise", ".s6-svscan"} {
		if _, err := held.RootsOwn(filepath.Join(dir, place)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	path, err := held.RootsOwn(dir)
	if err != nil {
		return "", err
	}
	return path, eventsOwn(path)
}

// eventsOwn checks the directory in which clients wait for events: others may make files in it, but, as it is sticky, not
// exchange root's.
func eventsOwn(path string) error {
	info, err := os.Lstat(filepath.Join(path, "event"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || st.Uid != 0 || info.Mode()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return held.ErrHands
	}
	return nil
}
