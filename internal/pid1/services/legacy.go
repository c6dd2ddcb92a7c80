package services

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/pid1/supervise"
)

// StartSlots starts all that scripts have put into the scandir.
//
// contract: BOOT-02
func (s *Services) StartSlots(ctx context.Context) { s.scanAndWait(ctx) }

// StartLegacy starts services.d, and what oneshots have put into the scandir.
//
// contract: BOOT-02
func (s *Services) StartLegacy(ctx context.Context) error {
	err := s.installLegacy()
	if len(s.legacy) > 0 || s.ranOneshots() {
		s.scanAndWait(ctx)
	}
	if !s.opt.Settings.Now().WaitServices {
		return err
	}
	for _, name := range s.legacy {
		dir := filepath.Join(s.dir, name)
		service := s.service(name)
		if service == nil || exists(filepath.Join(dir, "down")) {
			continue
		}
		up := supervise.Up
		if exists(filepath.Join(dir, "notification-fd")) {
			up = supervise.Ready
		}
		if waitErr := service.Wait(ctx, up); waitErr != nil {
			err = errors.Join(err, fmt.Errorf("service %q is not up: %w", name, waitErr))
		}
	}
	return err
}

func (s *Services) installLegacy() error {
	source := s.opt.Settings.Etc("services.d")
	entries, err := os.ReadDir(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		name := e.Name()
		info, statErr := os.Stat(filepath.Join(source, name))
		if statErr != nil || !info.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		dir := filepath.Join("/run/s6/legacy-services", name)
		copyErr := os.CopyFS(dir, os.DirFS(filepath.Join(source, name)))
		if copyErr == nil {
			copyErr = os.Symlink(dir, filepath.Join(s.dir, name))
		}
		if supervisor := s.user.Load(); copyErr == nil && supervisor != nil {
			supervisor.Link(name, dir)
		}
		if copyErr != nil {
			err = errors.Join(err, fmt.Errorf("cannot install service %q: %w", name, copyErr))
			continue
		}
		s.legacy = append(s.legacy, name)
	}
	return err
}
