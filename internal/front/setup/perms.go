package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/internal/front/apt"
	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/s6"
)

const staticSlots = "/run/s6-rc/servicedirs"

// Perms is cont-init 015: hermes may look at and command the static slots, as it may its own. The
// helper that runs as root it may only look at. As any other user than root there is nothing to give:
// the tree belongs to the one who started it.
//
// contract: REC-01
func Perms(_ context.Context, env Env) int {
	j := &job{Env: env, start: os.Geteuid()}
	a, err := identity.Lookup(env.Root, identity.Hermes)
	if err != nil {
		fmt.Fprintf(env.Stderr, "[supervise-perms] %v\n", err)
		return 1
	}
	slots, _ := filepath.Glob(j.real(staticSlots + "/*"))
	for _, slot := range slots {
		open := openSlot
		if filepath.Base(slot) == apt.Slot && j.start == 0 {
			open = showSlot
		}
		if err := withSlot(slot, func(dir *held.Dir) error { return open(dir, a, j.start == 0) }); err != nil {
			fmt.Fprintf(env.Stderr, "[supervise-perms] cannot open slot %q to hermes: %v\n", filepath.Base(slot), err)
		}
	}
	fmt.Fprintln(env.Stdout, "[supervise-perms] chowned supervise/ trees for static s6-rc services")
	return 0
}

func withSlot(path string, do func(*held.Dir) error) error {
	slot, err := held.Open(path, held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = slot.Close() }() // nothing was written
	return do(slot)
}

// showSlot lets everybody read the state of a slot that is root's.
func showSlot(slot *held.Dir, _ identity.Account, _ bool) error {
	if _, err := slot.MakeDir(s6.SuperviseDir, 0o755); err != nil {
		return err
	}
	return slot.Chmod(s6.SuperviseDir, 0o755)
}

// openSlot makes what is missing and gives it to hermes, what is in a directory before the directory.
// The supervisor keeps what it finds.
func openSlot(slot *held.Dir, a identity.Account, chown bool) error {
	const control = s6.SuperviseDir + "/" + s6.ControlFile
	_, err := slot.MakeDir(s6.SuperviseDir, 0o710)
	if err == nil {
		_, err = slot.MakeDir(s6.EventDir, 0o700)
	}
	if err == nil {
		_, err = slot.MakeFifo(control, 0o660)
	}
	if err != nil {
		return err
	}
	uid, gid := held.Keep, held.Keep
	if chown {
		uid, gid = int(a.UID), int(a.GID)
	}
	if err := slot.Give(control, uid, gid, 0o660); err != nil {
		// Without CAP_CHOWN hermes cannot command the slot, but it may look at it.
		return errors.Join(err, slot.Give(s6.SuperviseDir, held.Keep, held.Keep, 0o755))
	}
	return errors.Join(slot.Give(s6.EventDir, uid, gid, 0o3730), slot.Give(s6.SuperviseDir, uid, gid, 0o710))
}
