package held

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrMount is wrapped when a name leads into another mount.
var ErrMount = errors.New("a mount of its own")

// OneMount returns d with the rule that names below it lead into no other mount: such a name is ErrMount, and Walk
// visits a mount point, but not what is in it. It refuses links. Both share one descriptor: close only d.
func (d *Dir) OneMount() (*Dir, error) {
	id, err := mountOf(d.fd)
	if err != nil {
		return nil, fmt.Errorf("cannot find the mount of %q: %w", d.Name(), err)
	}
	return &Dir{f: d.f, fd: d.fd, links: RefuseLinks, mount: id, oneMount: true}, nil
}

// LstatMount is Lstat, and reports whether the entry is a mount point.
func (d *Dir) LstatMount(name string) (st unix.Stat_t, isMount bool, err error) {
	err = d.inParent(name, func(dir int, base string) error {
		st, isMount, err = lstatMount(dir, base)
		return err
	})
	return st, isMount, d.wrap("stat", name, err)
}

func lstatMount(dir int, base string) (st unix.Stat_t, isMount bool, err error) {
	fd, err := openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return st, false, err
	}
	defer closeFD(fd)
	if st, err = fstat(fd); err != nil {
		return st, false, err
	}
	here, err := mountOf(dir)
	if err != nil {
		return st, false, err
	}
	there, err := mountOf(fd)
	return st, here != there, err
}

// mount identifies a mount of this mount namespace: by its number or, where the kernel does not give that, by its
// device.
type mount struct{ id, dev uint64 }

// mountOf returns the mount of a descriptor: by statx, or by /proc where kernel or filter lack that.
func mountOf(fd int) (mount, error) {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &st)
	if err == nil && st.Mask&unix.STATX_MNT_ID != 0 {
		return mount{id: st.Mnt_id}, nil
	}
	if m, ok := mountInProc(fd); ok {
		return m, nil
	}
	dev, err := fstat(fd)
	return mount{dev: dev.Dev}, err
}

func mountInProc(fd int) (mount, bool) {
	text, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return mount{}, false
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			return mount{id: id}, err == nil
		}
	}
	return mount{}, false
}

// checkMount closes fd and returns ErrMount if d has the rule of OneMount and fd is in another mount.
func (d *Dir) checkMount(fd int) (int, error) {
	if !d.oneMount {
		return fd, nil
	}
	id, err := mountOf(fd)
	if err == nil && id != d.mount {
		err = ErrMount
	}
	if err != nil {
		closeFD(fd)
		return -1, err
	}
	return fd, nil
}
