package services

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"caduceus/internal/held"
	"caduceus/internal/pid1/rc"
	"caduceus/internal/s6"
)

// Install makes services of the longruns that the image defines, all down.
//
// spec: SUP-64
func (s *Services) Install(ctx context.Context) error {
	sources := s.opt.Settings.Etc("s6-overlay/s6-rc.d")
	bundles := s.opt.Settings.Now().BundleDir
	if bundles == "" {
		bundles = s.opt.Settings.Etc("s6-overlay/user-bundles.d")
	}
	plan, err := rc.Read(os.DirFS(sources), os.DirFS(bundles))
	if err != nil {
		return err
	}
	s.plan = plan
	longruns := plan.Longruns()
	if len(longruns) == 0 {
		return nil
	}
	failed := make([]error, len(longruns))
	var all sync.WaitGroup
	for i, name := range longruns { // side by side, as each makes a dozen files
		all.Go(func() { failed[i] = s.install(name, filepath.Join(sources, name)) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	s.scanAndWait(ctx)
	return nil
}

// install makes a service of a definition.
func (s *Services) install(name, source string) error {
	dir := servicedir(name)
	if err := installLongrun(source, dir); err != nil {
		return fmt.Errorf("cannot install service %q: %w", name, err)
	}
	if !s.ofUser(name) {
		if err := showStates(dir); err != nil {
			return fmt.Errorf("cannot show the states of service %q: %w", name, err)
		}
	}
	if err := s.link(name, dir); err != nil {
		return fmt.Errorf("cannot link service %q: %w", name, err)
	}
	return nil
}

// modeShown is the mode of the states of a service that hermes may look at and no more.
const modeShown = 0o755

// showStates makes the directory that a supervisor writes states to, for everybody to read.
//
// contract: REC-01
func showStates(dir string) error {
	slot, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = slot.Close() }() // nothing was written through it
	_, err = slot.MakeDir(s6.SuperviseDir, modeShown)
	return err
}

// link puts a service into the scandir of whose it is. In that of hermes, which is not handed over yet, each has
// a name.
func (s *Services) link(name, dir string) error {
	if s.divided && !s.ofUser(name) {
		if err := os.Symlink(dir, filepath.Join(s.dir, name)); err != nil {
			return err
		}
	}
	return os.Symlink(dir, filepath.Join(Scandir, name))
}

func servicedir(name string) string { return filepath.Join("/run/s6-rc/servicedirs", name) }

// installLongrun copies what a supervisor reads of a definition, and a down file: the definition's
// own place in the order decides when it starts.
func installLongrun(source, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(source) // once: most of what may be there is not
	if err != nil {
		return err
	}
	config := s6.ConfigFiles()
	for _, e := range entries {
		if err := installFile(e.Name(), source, dir, config); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, s6.DownFile), nil, 0o644)
}

// installFile copies one entry of a definition, if a supervisor reads that.
func installFile(name, source, dir string, config []string) error {
	from, to := filepath.Join(source, name), filepath.Join(dir, name)
	switch {
	case name == s6.RunFile, name == s6.FinishFile:
		return copyFile(from, to, 0o755)
	case name == "data", name == "env":
		return os.CopyFS(to, os.DirFS(from))
	case slices.Contains(config, name):
		return copyFile(from, to, 0o644)
	}
	return nil
}

// copyFile copies a file; a link that leads nowhere counts as missing.
func copyFile(from, to string, mode fs.FileMode) error {
	content, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, mode)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
