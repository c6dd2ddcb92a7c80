package held

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// MaxFile is the largest file that ReadFile reads, in bytes.
const MaxFile = 16 << 20

// Open opens a file by the rule of d. With O_EXCL the new file has exactly this mode, whatever the umask.
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

// creationMode returns 0 without O_CREAT, as openat2 demands.
func creationMode(flags int, mode uint32) uint32 {
	if flags&unix.O_CREAT == 0 {
		return 0
	}
	return mode
}

// OpenOrCreate opens a file, and creates it with exactly this mode if it is missing. It refuses links by any rule.
func (d *Dir) OpenOrCreate(name string, flags int, mode uint32) (*os.File, error) {
	plain := d.WithLinks(RefuseLinks)
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

// ReadFile returns the content of a regular file of at most MaxFile bytes. Callers may test ErrLink,
// ErrNotRegular, ErrTooLarge and fs.ErrNotExist.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	content, err := d.ReadHead(name, MaxFile)
	if err != nil {
		return nil, err
	}
	return content, nil
}

// ReadHead returns the first limit bytes of a regular file. If the file is larger, the error is ErrTooLarge and the
// bytes are returned all the same.
func (d *Dir) ReadHead(name string, limit int) ([]byte, error) {
	fd, err := d.open(name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, d.wrap("open", name, err)
	}
	defer closeFD(fd)
	st, err := fstat(fd)
	if err == nil && fileType(st) != unix.S_IFREG {
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

// ReadFile is Dir.ReadFile of a path whose links are followed. It is for files that only the reader can exchange.
func ReadFile(path string) ([]byte, error) {
	return (&Dir{fd: unix.AT_FDCWD, links: FollowAll}).ReadFile(path)
}

// ReadHead is Dir.ReadHead of a path, as ReadFile.
func ReadHead(path string, limit int) ([]byte, error) {
	return (&Dir{fd: unix.AT_FDCWD, links: FollowAll}).ReadHead(path, limit)
}

// rawReader reads a descriptor by the system call, without the runtime's poller.
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

// Write is how WriteFile writes. The zero value replaces a file, with mode 0.
type Write struct {
	Mode    uint32 // exactly this, whatever the umask
	New     bool   // if the name is taken, fail with fs.ErrExist
	Durable bool   // the file and its name are on the disk when the call returns (fsync)
	Adopt   bool   // if root writes, give the file to the owner of its directory; see Dir.Adopt
	Again   bool   // alone, with Mode: it is written often; see Dir.WriteFile
}

// WriteFile writes a temporary file and renames it to name. If name is a link, the link itself is replaced; by the
// rule RefuseLinks it is ErrLink. A failed attempt leaves nothing behind. A file that is a mount of its own cannot be
// replaced: it is written in place, and keeps owner and mode.
//
// With Again the file that was replaced stays as SpareOf(name), and the next content is written into that, as to make a
// file takes ten times as long, and room. Who has name open for longer than a read may see a later content, or a part of
// one. What has the spare's name and is not a file of this user's, with one link, is removed: others may write to the
// directory.
func (d *Dir) WriteFile(name string, content []byte, how Write) error {
	err := d.WriteBound(name, func(uint64) []byte { return content }, how)
	if errors.Is(err, unix.EBUSY) && !how.New {
		err = d.wrap("write", name, d.inParent(name, func(dir int, base string) error { return writeInPlace(dir, base, content) }))
	}
	return err
}

// WriteBound is WriteFile, but for mounts, with a content that depends on the file's inode number: so a file can say whether it is the
// one that was written, or a copy.
func (d *Dir) WriteBound(name string, content func(inode uint64) []byte, how Write) error {
	return d.wrap("write", name, d.inParent(name, func(dir int, base string) error {
		if d.links == RefuseLinks && isLink(dir, base) {
			return ErrLink
		}
		var st unix.Stat_t
		if how.New && unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
			return fs.ErrExist
		}
		return replaceByRename(dir, base, content, how)
	}))
}

// temporaryOf returns a name for a new file that takes the place of base. In another container that writes there a process may
// have the same pid.
func temporaryOf(base string) string {
	return fmt.Sprintf(".%s.%d.%x.new", strings.TrimPrefix(base, "."), os.Getpid(), time.Now().UnixNano())
}

// SpareOf returns the name of the file that is written next in the place of base.
func SpareOf(base string) string { return "." + strings.TrimPrefix(base, ".") + ".new" }

// replaceByRename writes the temporary file and puts it in place.
func replaceByRename(dir int, base string, content func(inode uint64) []byte, how Write) (err error) {
	fresh, fd := temporaryOf(base), -1
	if how.Again {
		fresh = SpareOf(base)
		fd = openSpare(dir, fresh)
	}
	if fd < 0 {
		fd, err = openat(dir, fresh, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, 0o600)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = unix.Unlinkat(dir, fresh, 0)
		}
	}()
	f := os.NewFile(uintptr(fd), base)
	st, err := fstat(fd)
	if err == nil {
		var n int
		n, err = f.Write(content(st.Ino))
		if err == nil && int64(n) < st.Size {
			err = unix.Ftruncate(fd, int64(n))
		}
	}
	err = cause(err)
	if st.Mode&0o7777 != how.Mode {
		err = errors.Join(err, unix.Fchmod(fd, how.Mode))
	}
	if err == nil && how.Adopt {
		err = adopt(dir, fd)
	}
	if err == nil && how.Durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	switch {
	case how.New:
		err = renameNew(dir, fresh, base)
	case how.Durable:
		err = unix.Renameat(dir, fresh, dir, base)
	case how.Again:
		_, err = swap(dir, fresh, base)
	default:
		err = exchange(dir, fresh, base)
	}
	if err == nil && how.Durable {
		err = syncDir(dir)
	}
	return err
}

// openSpare opens a file to write over it. It returns -1 if there is none, and removes what is no such file.
func openSpare(dir int, name string) int {
	fd, err := openat(dir, name, unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err == nil {
		st, err := fstat(fd)
		if err == nil && fileType(st) == unix.S_IFREG && st.Nlink == 1 && int(st.Uid) == fileUser() {
			return fd
		}
		closeFD(fd)
	}
	if !errors.Is(err, unix.ENOENT) {
		_ = unix.Unlinkat(dir, name, 0) // who then finds the name taken says so
	}
	return -1
}

// exchange renames an entry of dir to a name that may be taken. The entry that has the name is exchanged with it and then
// removed: over a rename that replaces it, ext4 writes the file to the disk at once, which takes ten times as long.
func exchange(dir int, from, to string) error {
	swapped, err := swap(dir, from, to)
	if !swapped {
		return err
	}
	if err = unix.Unlinkat(dir, from, 0); err != nil { // a directory
		err = errors.Join(err, unix.Renameat2(dir, from, dir, to, unix.RENAME_EXCHANGE))
	}
	return err
}

// swap renames an entry of dir to a name that may be taken, and reports whether what had the name has the other one now.
func swap(dir int, from, to string) (swapped bool, err error) {
	if unix.Renameat2(dir, from, dir, to, unix.RENAME_EXCHANGE) == nil {
		return true, nil
	}
	return false, unix.Renameat(dir, from, dir, to) // nothing to replace, or not on this file system
}

// renameNew renames an entry of dir, and fails with EEXIST if the name is taken.
func renameNew(dir int, from, to string) error {
	err := unix.Renameat2(dir, from, dir, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // not on this file system
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
	if err := unix.Fsync(fd); err != nil && !errors.Is(err, unix.EINVAL) { // not on this file system
		return err
	}
	return nil
}

// Append adds content to a file in one write, and creates the file if it is missing. A file of root's is then adopted
// as by Adopt.
func (d *Dir) Append(name string, content []byte, mode uint32) error {
	f, err := d.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_NONBLOCK, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = d.inParent(name, func(dir int, _ string) error { return adopt(dir, int(f.Fd())) })
	}
	return d.wrap("append to", name, errors.Join(cause(err), f.Close()))
}

// WriteFifo writes content to a fifo in one write, without waiting. To anything but a fifo it writes nothing.
// Callers may test unix.ENXIO and unix.EPIPE (no reader) and unix.EAGAIN (full).
func (d *Dir) WriteFifo(name string, content []byte) error {
	fd, err := d.open(name, unix.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return d.wrap("open", name, err)
	}
	defer closeFD(fd)
	st, err := fstat(fd)
	if err == nil && fileType(st) == unix.S_IFIFO && len(content) > 0 {
		_, err = retry(func() (int, error) { return unix.Write(fd, content) })
	}
	return d.wrap("write to", name, err)
}

// Rename renames an entry; both names are below d.
func (d *Dir) Rename(from, to string) error {
	return d.wrap("rename", from, d.inParent(from, func(fromDir int, fromBase string) error {
		return d.inParent(to, func(toDir int, toBase string) error {
			return unix.Renameat(fromDir, fromBase, toDir, toBase)
		})
	}))
}

// Remove unlinks a file or link. A missing one is no error.
func (d *Dir) Remove(name string) error {
	err := d.inParent(name, func(dir int, base string) error { return unix.Unlinkat(dir, base, 0) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return d.wrap("remove", name, err)
}
