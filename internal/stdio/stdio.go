package stdio

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Modes that a pipe gets in addition: who has it as a descriptor may open it again, in its own direction alone. The other
// end of stdout stays the engine's to read.
const (
	mayRead  = 0o044
	mayWrite = 0o022
)

// Nobody is no user: terminals are left alone.
const Nobody = -1

// Share lets other users open stdin, stdout and stderr of this process by name: pipes all of them, a terminal the user uid.
// It changes nothing that is neither an unnamed pipe nor a terminal. An error is what the kernel refused; the streams can be
// used as before, but not by name.
//
// contract: BOOT-21
func Share(uid int) error {
	return errors.Join(share(0, mayRead, uid), share(1, mayWrite, uid), share(2, mayWrite, uid))
}

// ShareOwn is Share, but for a terminal in whose session this process is not the first: who started it works there, too.
//
// contract: BOOT-21
func ShareOwn(uid int) error {
	if sid, err := unix.Getsid(0); err != nil || sid != unix.Getpid() {
		uid = Nobody
	}
	return Share(uid)
}

func share(fd int, mode uint32, uid int) error {
	var st unix.Stat_t
	var fs unix.Statfs_t
	if unix.Fstat(fd, &st) != nil || unix.Fstatfs(fd, &fs) != nil {
		return nil // a closed stream has no name
	}
	switch {
	case fs.Type == unix.PIPEFS_MAGIC && st.Mode&mode != mode:
		return unix.Fchmod(fd, st.Mode&0o777|mode)
	case uid != Nobody && isTerminal(fd) && int(st.Uid) != uid:
		return shareTerminal(fd, st.Mode, uid)
	}
	return nil
}

// shareTerminal gives the terminal to who works at it. Without CAP_CHOWN its owner stays, and others may use it.
func shareTerminal(fd int, mode uint32, uid int) error {
	err := unix.Fchown(fd, uid, -1)
	if errors.Is(err, unix.EPERM) {
		err = unix.Fchmod(fd, mode&0o777|mayRead|mayWrite)
	}
	return err
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}
