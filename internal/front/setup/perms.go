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

// Perms is the boot script 015: it lets hermes look at the image's services and command them. The apt helper, which runs
// as root, hermes may only look at. If the container was not started as root, owners stay as they are: all belongs to its
// user. It returns the exit code.
//
// contract: REC-01
func Perms(_ context.Context, env Env) int {
	j := &job{Env: env, start: os.Geteuid()}
	a, err := identity.Lookup(env.Root, identity.Hermes)
	if err != nil {
		fmt.Fprintf(env.Stderr, "[supervise-perms] %v\n", err)
		return 1
	}
	slots, _ := filepath.Glob(j.inRoot(staticSlots + "/*"))
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

// showSlot lets everybody read the state of a slot.
func showSlot(slot *held.Dir, _ identity.Account, _ bool) error {
	if _, err := slot.MakeDir(s6.SuperviseDir, 0o755); err != nil {
		return err
	}
	return slot.Chmod(s6.SuperviseDir, 0o755)
}

// openSlot creates the directories and the control fifo of a slot, which the supervisor then keeps, and gives them to
// hermes. It gives a directory after what is in it: from then on hermes may exchange that.
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
		// Without CAP_CHOWN hermes cannot command the slot, but it can look at it.
		return errors.Join(err, slot.Give(s6.SuperviseDir, held.Keep, held.Keep, 0o755))
	}
	return errors.Join(slot.Give(s6.EventDir, uid, gid, 0o3730), slot.Give(s6.SuperviseDir, uid, gid, 0o710))
}
