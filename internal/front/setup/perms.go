package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/apt"
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
		if err := open(slot, a, j.start == 0); err != nil {
			fmt.Fprintf(env.Stderr, "[supervise-perms] cannot open slot %q to hermes: %v\n", filepath.Base(slot), err)
		}
	}
	fmt.Fprintln(env.Stdout, "[supervise-perms] chowned supervise/ trees for static s6-rc services")
	return 0
}

// showSlot lets everybody read the state of a slot that is root's.
func showSlot(slot string, _ identity.Account, _ bool) error {
	supervise := filepath.Join(slot, "supervise")
	return errors.Join(exists(os.Mkdir(supervise, 0o755)), syscall.Chmod(supervise, 0o755))
}

// openSlot makes what is missing and gives it to hermes, what is in a directory before the directory.
// The supervisor keeps what it finds.
func openSlot(slot string, a identity.Account, chown bool) error {
	err := errors.Join(
		exists(os.Mkdir(filepath.Join(slot, "supervise"), 0o710)),
		exists(os.Mkdir(filepath.Join(slot, "event"), 0o700)),
		exists(unix.Mkfifo(filepath.Join(slot, "supervise/control"), 0o660)),
	)
	if err != nil {
		return err
	}
	dir, err := s6.OpenDir(slot)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // nothing was written
	supervise, err := dir.OpenOwn("supervise")
	if err != nil {
		return err
	}
	defer func() { _ = supervise.Close() }()
	uid, gid := -1, -1
	if chown {
		uid, gid = int(a.UID), int(a.GID)
	}
	if err := supervise.Give("control", uid, gid, 0o660); err != nil {
		// Without CAP_CHOWN hermes cannot command the slot, but it may look at it.
		return errors.Join(err, dir.Give("supervise", -1, -1, 0o755))
	}
	return errors.Join(dir.Give("event", uid, gid, 0o3730), dir.Give("supervise", uid, gid, 0o710))
}

func exists(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
