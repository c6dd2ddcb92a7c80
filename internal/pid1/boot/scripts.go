package boot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/contenv"
)

// runHook runs the program that S6_STAGE2_HOOK names.
func (m *machine) runHook(ctx context.Context) error {
	hook := m.settings().hook
	if len(hook) == 0 {
		return nil
	}
	if code := outcome(m.perform(ctx, hook)); code != 0 {
		return stage2Error{code, fmt.Errorf("hook %q exited %d", strings.Join(hook, " "), code)}
	}
	return nil
}

// profileEtc is /etc, or what S6_RUNTIME_PROFILE has in its place. A name of nothing would boot a
// container without users, volume and services.
//
// contract: ENV-11
func (m *machine) profileEtc(path string) string {
	profile := m.settings().profile
	if profile == "" {
		return etc(path)
	}
	dir := filepath.Join(etc("cont-profile.d"), profile)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		m.warnOnce("S6_RUNTIME_PROFILE is %s, not a directory of /etc/cont-profile.d: /etc is used", contenv.Shown(profile))
		return etc(path)
	}
	return filepath.Join(dir, path)
}

// runBase brings up the bundle base, and beside it the services of user that do not wait for it.
func (m *machine) runBase(ctx context.Context) error {
	go func() { m.user <- m.startBundle(ctx, "user") }()
	defer close(m.based)
	return errors.Join(m.fixAttrs(ctx), m.runContInit(ctx))
}

// runContInit runs the boot scripts in bytewise order. One that fails does not keep the next from
// its turn.
//
// contract: BOOT-02
// spec: SUP-67
func (m *machine) runContInit(ctx context.Context) error {
	scripts, err := m.scripts("cont-init.d")
	for _, script := range scripts {
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		m.log.Logger("cont-init").Infof("running %s", script)
		code := outcome(m.perform(ctx, []string{script}))
		if ctx.Err() != nil {
			return errors.Join(err, fmt.Errorf("%q was cut short: %w", script, ctx.Err()))
		}
		m.log.Logger("cont-init").Infof("%s exited %d", script, code)
		if code != 0 {
			err = errors.Join(err, fmt.Errorf("%q exited %d", script, code))
		}
	}
	return err
}

// scripts lists the files of a directory below /etc in bytewise order; no directory, no scripts.
func (m *machine) scripts(dir string) ([]string, error) {
	dir = m.profileEtc(dir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, path)
		}
	}
	return out, err
}
