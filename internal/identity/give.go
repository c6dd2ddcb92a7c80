package identity

import (
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
)

// Give lets the account use an entry of a directory, with this mode, and follows no link. Root with the usual
// capabilities makes the account its owner. Root that could not use what it gives away stays the owner and
// shares it with the account's group. What another caller has is its own already.
//
// contract: RUN-07
func Give(dir *held.Dir, name string, account Account, mode uint32) error {
	uid, gid := -1, -1
	if os.Geteuid() == 0 {
		uid, gid = int(account.UID), int(account.GID)
		if !MayGive() && join(gid) == nil {
			uid = -1
			mode |= mode & 0o700 >> 3
		}
	}
	return dir.Give(name, uid, gid, mode)
}

// MayGive reports whether root can change owners and still use the file afterwards.
func MayGive() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData // of 32 capabilities each
	if err := unix.Capget(&header, &have[0]); err != nil {
		return true
	}
	const need = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FOWNER
	return have[0].Effective&need == need
}

// join makes this process a member of a group, to whose members the owner of a file may give it.
func join(gid int) error {
	groups, err := syscall.Getgroups()
	if err != nil || slices.Contains(groups, gid) {
		return err
	}
	return syscall.Setgroups(append(groups, gid))
}
