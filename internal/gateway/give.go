package gateway

import (
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/identity"
)

// Give lets the account use a directory or fifo of this mode. As root with the usual capabilities it
// becomes the owner. Root that could not use what it gives away stays the owner and shares it with the
// account's group. Not being root, it is the caller's already.
//
// contract: SLOT-02, REC-02, RUN-07
func Give(path string, account identity.Account, mode os.FileMode) error {
	mode &^= os.ModeNamedPipe
	if os.Geteuid() == 0 {
		uid := int(account.UID)
		if !mayGive() && join(int(account.GID)) == nil {
			uid = -1
			mode |= mode & 0o700 >> 3
		}
		if err := os.Lchown(path, uid, int(account.GID)); err != nil {
			return err
		}
	}
	return os.Chmod(path, mode) // after chown, which clears the setgid bit
}

// mayGive says whether root can change owners and still use the file afterwards.
func mayGive() bool {
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
