package boot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/supervise"
)

// installSources makes services of the longruns that the image defines, all down.
//
// spec: SUP-64
func (m *machine) installSources(ctx context.Context) error {
	sources := m.profileEtc("s6-overlay/s6-rc.d")
	bundles := m.settings().bundleDir
	if bundles == "" {
		bundles = m.profileEtc("s6-overlay/user-bundles.d")
	}
	plan, err := rc.Read(os.DirFS(sources), os.DirFS(bundles))
	if err != nil {
		return err
	}
	m.plan = plan
	for _, name := range plan.Longruns() {
		dir := m.servicedir(name)
		if err := installLongrun(filepath.Join(sources, name), dir); err != nil {
			return fmt.Errorf("cannot install service %q: %w", name, err)
		}
		if err := os.Symlink(dir, run("service/"+name)); err != nil {
			return fmt.Errorf("cannot link service %q: %w", name, err)
		}
	}
	if len(plan.Longruns()) > 0 {
		m.rescan(ctx)
	}
	return nil
}

// rescan looks for services, and waits until those it finds can be asked: the next program of the
// boot may do so. One that cannot be supervised does not hold the boot up for long.
func (m *machine) rescan(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	scandir := m.scandir.Load()
	scandir.Scan()
	for _, name := range scandir.Names() {
		m.others.Store(true)
		if service := scandir.Service(name); service != nil {
			_ = service.Wait(ctx, supervise.Supervised) // the end of ctx ends the wait for all
		}
	}
}

func (m *machine) servicedir(name string) string { return run("s6-rc/servicedirs/" + name) }

// installLongrun copies what a supervisor reads of a definition, and a down file: the definition's
// own place in the order decides when it starts.
func installLongrun(source, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"run", "finish"} {
		if err := copyFile(filepath.Join(source, name), filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{
		"notification-fd", "lock-fd", "timeout-kill", "flag-timeout-killpg", "timeout-finish", "max-death-tally",
		"down-signal", "reload-signal", "flag-newpidns", "restart-max", "output-prefix", "output-max",
	} {
		if err := copyFile(filepath.Join(source, name), filepath.Join(dir, name), 0o644); err != nil {
			return err
		}
	}
	for _, name := range []string{"data", "env"} {
		if exists(filepath.Join(source, name)) {
			if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(source, name))); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "down"), nil, 0o644)
}

// copyFile copies a file if it is there.
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

// awaitUser waits for the bundle user, which has been starting since runBase.
func (m *machine) awaitUser(ctx context.Context) error {
	select {
	case err := <-m.user:
		return err
	case <-m.ctx.Done():
		return ctx.Err()
	}
}

// startUser2 starts the bundle user2.
func (m *machine) startUser2(ctx context.Context) error { return m.startBundle(ctx, "user2") }

// startBundle starts what a bundle means, in the order of dependencies and otherwise at once.
//
// spec: SUP-66
func (m *machine) startBundle(ctx context.Context, bundle string) error {
	failed := rc.Walk(ctx, m.plan.Closure(bundle), func(name string) []string { return m.plan.Unit(name).Needs }, m.bringUp)
	m.mu.Lock()
	maps.Copy(m.failures, failed)
	m.mu.Unlock()
	var err error
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		err = errors.Join(err, fmt.Errorf("cannot start %q: %w", name, failed[name]))
	}
	return err
}

// bringUp starts one service and waits until it is up.
func (m *machine) bringUp(ctx context.Context, name string) error {
	unit := m.plan.Unit(name)
	if slices.Contains(unit.Needs, rc.Base) {
		select {
		case <-m.based:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if unit.TimeoutUp > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, unit.TimeoutUp)
		defer cancel()
	}
	if unit.Kind == rc.Oneshot {
		return m.oneshot(ctx, unit)
	}
	return m.longrun(ctx, unit)
}

func (m *machine) oneshot(ctx context.Context, unit rc.Unit) error {
	if len(unit.Up) > 0 {
		ws, err := m.perform(ctx, unit.Up)
		switch {
		case err != nil:
			return fmt.Errorf("cannot execute %q: %w", unit.Up[0], err)
		case ws != 0:
			return fmt.Errorf("%q exited %d", unit.Up[0], outcome(ws, nil))
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.oneshots = append(m.oneshots, unit.Name)
	return nil
}

func (m *machine) longrun(ctx context.Context, unit rc.Unit) error {
	service := m.scandir.Load().Service(unit.Name)
	if service == nil {
		return errors.New("it is not supervised")
	}
	up := supervise.Up
	if unit.Notifies {
		up = supervise.Ready
	}
	service.Command("u")
	if err := service.Wait(ctx, up); err != nil {
		service.Command("d")
		return err
	}
	return os.Remove(filepath.Join(m.servicedir(unit.Name), "down"))
}

// startLegacy starts services.d, and all that scripts have put into the scandir meanwhile.
//
// contract: BOOT-02
func (m *machine) startLegacy(ctx context.Context) error {
	err := m.installLegacy()
	m.rescan(ctx)
	if !m.settings().waitServices {
		return err
	}
	for _, name := range m.legacy {
		dir := run("service/" + name)
		service := m.scandir.Load().Service(name)
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

func (m *machine) installLegacy() error {
	source := m.profileEtc("services.d")
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
		dir := run("s6/legacy-services/" + name)
		copyErr := os.CopyFS(dir, os.DirFS(filepath.Join(source, name)))
		if copyErr == nil {
			copyErr = os.Symlink(dir, run("service/"+name))
		}
		if copyErr != nil {
			err = errors.Join(err, fmt.Errorf("cannot install service %q: %w", name, copyErr))
			continue
		}
		m.legacy = append(m.legacy, name)
	}
	return err
}
