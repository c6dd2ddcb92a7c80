package held

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MaxFile is the largest file that ReadFile reads, in bytes.
const MaxFile = 16 << 20

// Open opens a file by the rule of d. A file that O_EXCL makes has just the given mode, whatever the umask.
func (d *Dir) Open(name string, flags int, mode uint32) (*os.File, error) {
	fd, err := d.open(name, flags, creationMode(flags, mode))
	if err != nil {
		return nil, d.wrap("open", name, err)
	}
	if flags&unix.O_EXCL != 0 {
		if err := unix.Fchmod(fd, mode); err != nil {
			closeFD(fd)
			return nil, d.wrap("set the mode of", name, err)
		}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// creationMode is 0 where nothing is made: openat2 insists on it.
func creationMode(flags int, mode uint32) uint32 {
	if flags&unix.O_CREAT == 0 {
		return 0
	}
	return mode
}

// OpenOrCreate opens a file that is no link, and makes it with just this mode if it is missing.
func (d *Dir) OpenOrCreate(name string, flags int, mode uint32) (*os.File, error) {
	plain := d.By(Refuse)
	f, err := plain.Open(name, flags, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	f, err = plain.Open(name, flags|unix.O_CREAT|unix.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return plain.Open(name, flags, 0)
	}
	return f, err
}

// ReadFile is the content of a regular file of at most MaxFile bytes. Callers may test ErrLink,
// ErrNotRegular, ErrTooLarge and fs.ErrNotExist.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	content, err := d.ReadHead(name, MaxFile)
	if err != nil {
		return nil, err
	}
	return content, nil
}

// ReadHead is the first limit bytes of a regular file; where there are more, ErrTooLarge comes with them.
func (d *Dir) ReadHead(name string, limit int) ([]byte, error) {
	fd, err := d.open(name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, d.wrap("open", name, err)
	}
	defer closeFD(fd)
	st, err := fstat(fd)
	if err == nil && kind(st) != unix.S_IFREG {
		err = ErrNotRegular
	}
	if err != nil {
		return nil, d.wrap("read", name, err)
	}
	content, err := io.ReadAll(io.LimitReader(rawReader(fd), int64(limit)+1))
	if err != nil {
		return nil, d.wrap("read", name, err)
	}
	if len(content) > limit {
		return content[:limit], fmt.Errorf("cannot read %q: %w than %d bytes", d.below(name), ErrTooLarge, limit)
	}
	return content, nil
}

// ReadFile is Dir.ReadFile of a path that is followed wherever it leads, for files that are nobody's
// to exchange but the reader's own.
func ReadFile(path string) ([]byte, error) {
	return (&Dir{fd: unix.AT_FDCWD, links: Follow}).ReadFile(path)
}

// rawReader reads a descriptor by the bare system call, without the runtime's poller.
type rawReader int

func (fd rawReader) Read(p []byte) (int, error) {
	n, err := retry(func() (int, error) { return unix.Read(int(fd), p) })
	switch {
	case err != nil:
		return 0, err
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write says how a file is written.
type Write struct {
	Mode    uint32 // just this, whatever the umask
	New     bool   // fs.ErrExist where there is anything of that name
	Durable bool   // on the disk when the call returns
	Adopt   bool   // what root writes becomes the directory owner's, where root may give files away
}

// WriteFile puts content in the place of a file, by rename. A link in that place is ErrLink if d refuses
// links, and is replaced itself if not. Nothing of a failed attempt is left.
func (d *Dir) WriteFile(name string, content []byte, how Write) error {
	return d.wrap("write", name, d.at(name, func(dir int, base string) error {
		if d.links == Refuse && isLink(dir, base) {
			return ErrLink
		}
		var st unix.Stat_t
		if how.New && unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
			return fs.ErrExist
		}
		return put(dir, base, content, how)
	}))
}

func put(dir int, base string, content []byte, how Write) (err error) {
	fresh := "." + strings.TrimPrefix(base, ".") + "." + strconv.Itoa(os.Getpid()) + ".new"
	_ = unix.Unlinkat(dir, fresh, 0) // of a process of the same number that was killed
	fd, err := openat(dir, fresh, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = unix.Unlinkat(dir, fresh, 0)
		}
	}()
	f := os.NewFile(uintptr(fd), base)
	_, err = f.Write(content)
	err = errors.Join(cause(err), unix.Fchmod(fd, how.Mode))
	if err == nil && how.Adopt {
		err = adopt(dir, fd)
	}
	if err == nil && how.Durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := move(dir, fresh, base, how.New); err != nil {
		return err
	}
	if how.Durable {
		return syncDir(dir)
	}
	return nil
}

// move renames within a directory.
func move(dir int, from, to string, onlyNew bool) error {
	if !onlyNew {
		return unix.Renameat(dir, from, dir, to)
	}
	err := unix.Renameat2(dir, from, dir, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // this file system cannot
		err = unix.Linkat(dir, from, dir, to, 0)
		if err == nil {
			err = unix.Unlinkat(dir, from, 0)
		}
	}
	return err
}

func syncDir(dir int) error {
	fd, err := openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer closeFD(fd)
	if err := unix.Fsync(fd); err != nil && !errors.Is(err, unix.EINVAL) { // some file systems cannot
		return err
	}
	return nil
}

// Append adds content to a file in one write, and makes it if it is missing. A file that root makes becomes
// the directory owner's.
func (d *Dir) Append(name string, content []byte, mode uint32) error {
	f, err := d.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_NONBLOCK, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = d.at(name, func(dir int, _ string) error { return adopt(dir, int(f.Fd())) })
	}
	return d.wrap("append to", name, errors.Join(cause(err), f.Close()))
}

// WriteFifo writes content to a fifo in one write that never waits; nothing is written to what is no fifo.
// Callers may test unix.ENXIO and unix.EPIPE (nobody reads) and unix.EAGAIN (it is full).
func (d *Dir) WriteFifo(name string, content []byte) error {
	fd, err := d.open(name, unix.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return d.wrap("open", name, err)
	}
	defer closeFD(fd)
	st, err := fstat(fd)
	if err == nil && kind(st) == unix.S_IFIFO && len(content) > 0 {
		_, err = retry(func() (int, error) { return unix.Write(fd, content) })
	}
	return d.wrap("write to", name, err)
}

// Rename gives an entry another name below d.
func (d *Dir) Rename(from, to string) error {
	return d.wrap("rename", from, d.at(from, func(fromDir int, fromBase string) error {
		return d.at(to, func(toDir int, toBase string) error {
			return unix.Renameat(fromDir, fromBase, toDir, toBase)
		})
	}))
}

// Remove unlinks a file; one that is missing is no error.
func (d *Dir) Remove(name string) error {
	err := d.at(name, func(dir int, base string) error { return unix.Unlinkat(dir, base, 0) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return d.wrap("remove", name, err)
}
