package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/s6"
)

// ErrExists is wrapped when a slot of that name is there already.
var ErrExists = fs.ErrExist

// Scandir is the directory of service directories, and who owns the slots in it.
type Scandir struct {
	Path    string
	Account identity.Account
}

// Dir is the service directory of a profile's gateway, whether it is there or not.
func (d Scandir) Dir(name string) string { return filepath.Join(d.Path, profile.SlotPrefix+name) }

// Has reports whether the profile has a slot.
func (d Scandir) Has(name string) bool {
	info, err := os.Stat(d.Dir(name))
	return err == nil && info.IsDir()
}

// Profiles lists the profiles that have a slot, sorted.
func (d Scandir) Profiles() ([]string, error) {
	entries, err := os.ReadDir(d.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot list slots: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := profile.FromSlot(e.Name()); ok && d.Has(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Publish makes a slot: it is staged under a dot name, which no scanner looks at, and renamed. With
// replace a slot of that name is removed first, which only a boot may do, when nothing supervises it
// yet; without, such a slot is ErrExists.
//
// contract: SLOT-03
func (d Scandir) Publish(slot Slot, replace bool) error {
	name, err := profile.SlotName(slot.Profile)
	if err != nil {
		return err
	}
	final, staged := filepath.Join(d.Path, name), filepath.Join(d.Path, "."+name+".tmp")
	dir, unlock, err := d.lock()
	if err != nil {
		return fmt.Errorf("cannot register slot %q: %w", name, err)
	}
	defer unlock()
	if !replace && d.Has(slot.Profile) { // meanwhile
		return fmt.Errorf("cannot register slot %q: %w", name, ErrExists)
	}
	err = os.RemoveAll(staged)
	if err == nil {
		err = d.stage(dir, filepath.Base(staged), slot.render())
	}
	if err == nil && replace {
		err = os.RemoveAll(final)
	}
	if err == nil {
		err = dir.Rename(filepath.Base(staged), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot register slot %q: %w", name, err), os.RemoveAll(staged))
	}
	return nil
}

// stage makes a slot's directory. Root makes it with the file rights of the account: the slot is to be
// the account's, as the scandir is, and there is nothing that the account could turn against root. Root
// that could not use it then makes one of its own and shares it.
//
// contract: SLOT-02
func (d Scandir) stage(dir *held.Dir, name string, files []file) error {
	if os.Geteuid() == 0 && !identity.MayGive() {
		if err := lay(dir, name, files); err != nil {
			return err
		}
		return share(dir, name, files, d.Account)
	}
	var err error
	if unable := identity.As(d.Account, func() { err = lay(dir, name, files) }); unable != nil {
		err = lay(dir, name, files)
	}
	return err
}

// lock holds the scandir, and keeps the front and the follower of profiles from staging the same slot at once.
func (d Scandir) lock() (_ *held.Dir, unlock func(), err error) {
	dir, err := held.Open(d.Path, held.RefuseLinks)
	if err != nil {
		return nil, nil, err
	}
	release, err := dir.LockDir()
	if err != nil {
		return nil, nil, errors.Join(err, dir.Close())
	}
	return dir, func() { release(); _ = dir.Close() }, nil
}

// Register publishes a slot in a live scandir and waits until it is supervised.
//
// contract: PROF-01
func (d Scandir) Register(ctx context.Context, slot Slot) error {
	if err := d.Publish(slot, false); err != nil {
		return err
	}
	if err := s6.SendScanControl(d.Path, "a"); err != nil {
		return errors.Join(err, os.RemoveAll(d.Dir(slot.Profile)))
	}
	if !poll(ctx, 5*time.Second, func() bool { return supervised(d.Dir(slot.Profile)) }) {
		return fmt.Errorf("cannot register slot %q: it is still unsupervised 5 seconds after the scan", profile.SlotPrefix+slot.Profile)
	}
	return nil
}

// Unregister stops a gateway, lets its supervisor go and removes the slot. Without a slot it does
// nothing.
//
// contract: PROF-04
func (d Scandir) Unregister(ctx context.Context, name string) error {
	dir := d.Dir(name)
	if !d.Has(name) {
		return nil
	}
	if err := s6.SendControl(dir, "d"); err == nil {
		poll(ctx, 10*time.Second, func() bool { return IsDown(dir) })
	}
	gone := filepath.Join(d.Path, "."+profile.SlotPrefix+name+".gone")
	switch err := errors.Join(os.RemoveAll(gone), os.Rename(dir, gone)); {
	case errors.Is(err, fs.ErrNotExist): // somebody else has removed it meanwhile
		return nil
	case err != nil:
		return fmt.Errorf("cannot remove slot %q: %w", dir, err)
	}
	if err := s6.SendScanControl(d.Path, "an"); err == nil {
		poll(ctx, 3*time.Second, func() bool { return !supervised(gone) && !supervised(filepath.Join(gone, s6.LogDir)) })
	}
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("cannot remove slot %q: %w", gone, err)
	}
	return nil
}

// IsDown reports whether a slot's gateway, its finish script and what it left are over; also where there is no status.
func IsDown(dir string) bool {
	status, err := s6.ReadStatus(dir)
	return err != nil || status.Over()
}

func supervised(dir string) bool {
	held, err := s6.Supervised(dir)
	return err == nil && held
}

// poll tests cond every 20 ms, and reports whether it became true in time.
func poll(ctx context.Context, limit time.Duration, cond func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			return cond()
		case <-tick.C:
		}
	}
	return true
}

// ScandirPath returns where gateways are supervised, as env.Scandir says. A value that cannot be a
// directory is replaced by the default, and notice says so in one line.
//
// contract: ENV-11
func ScandirPath(environ env.Environ) (path, notice string) {
	value := environ.Value(env.Scandir)
	refused := func(why string) (string, string) {
		return env.Scandir.Default(), fmt.Sprintf("%s=%s is %s; using %s", env.Scandir, env.Shown(value), why, env.Scandir.Default())
	}
	if value == "" {
		return env.Scandir.Default(), ""
	}
	if !filepath.IsAbs(value) {
		return refused("not an absolute path")
	}
	path = filepath.Clean(value)
	if path != env.Scandir.Default() && profile.IsSystemDir(path) {
		return refused("a directory of the system")
	}
	return path, ""
}

// Rewrite gives an existing slot the scripts of this image, file by file, without touching its supervisor: scripts
// are read when they are used.
func (d Scandir) Rewrite(slot Slot) error {
	dir, err := held.Open(d.Dir(slot.Profile), held.RefuseLinks)
	if err != nil {
		return fmt.Errorf("cannot rewrite slot %q: %w", profile.SlotPrefix+slot.Profile, err)
	}
	defer func() { _ = dir.Close() }() // nothing was written
	for _, f := range slot.render() {
		if f.content == "" {
			continue
		}
		if err := dir.WriteFile(f.name, []byte(f.content), held.Write{Mode: f.mode}); err != nil {
			return fmt.Errorf("cannot rewrite slot %q: %w", profile.SlotPrefix+slot.Profile, err)
		}
	}
	return nil
}

// StopAndWait stops a gateway without recording an intent, and waits until it and its finish script
// are over.
func (d Scandir) StopAndWait(ctx context.Context, name, home string, now time.Time) error {
	dir := d.Dir(name)
	if status, err := s6.ReadStatus(dir); err == nil && status.Up() {
		_ = profile.MarkPlannedStop(home, status.Pid, now) // without it the stop is only less tidy
	}
	if err := s6.SendControl(dir, "d"); err != nil {
		return err
	}
	stopped := func() bool { // not only down for a moment, between two lives
		status, err := s6.ReadStatus(dir)
		return err != nil || status.Over() && !status.WantUp
	}
	if !poll(ctx, 15*time.Second, stopped) {
		return fmt.Errorf("gateway %q is still up 15 seconds after it was asked to stop", name)
	}
	return nil
}

// BringUp has the supervisor want a gateway up, whoever registered its slot, and how. One that is wanted up
// already is left alone.
func (d Scandir) BringUp(ctx context.Context, name string) error {
	dir := d.Dir(name)
	var err error
	poll(ctx, obeyLimit, func() bool { // a supervisor takes its lock before it opens its fifo
		if status, unread := s6.ReadStatus(dir); unread == nil && status.WantUp && supervised(dir) {
			err = nil
			return true
		}
		err = s6.SendControl(dir, "u")
		return err == nil
	})
	if err != nil {
		return err
	}
	d.awaitWanted(ctx, name, true)
	return nil
}

// obeyLimit is how long a loaded supervisor may take until it obeys a letter.
const obeyLimit = 5 * time.Second

// awaitWanted waits until the supervisor's status says that a gateway is wanted up, or down. A letter is only
// left for the supervisor; what comes next, such as a rename, goes by the status. It gives up after
// obeyLimit, and where nobody supervises the slot.
func (d Scandir) awaitWanted(ctx context.Context, name string, up bool) {
	dir := d.Dir(name)
	poll(ctx, obeyLimit, func() bool {
		status, err := s6.ReadStatus(dir)
		return err == nil && status.WantUp == up || !supervised(dir)
	})
}
