package setup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// errSymlink says that a path below the volume is, or leads through, a symlink.
var errSymlink = errors.New("symlinked path")

var errNotRegular = errors.New("not a regular file")

// volume is H, reached through a file descriptor. Names below it are relative, with slashes; no
// method follows a symlink at any place of them.
//
// contract: SETUP-15
type volume struct {
	path string // as the user knows it, for messages
	fd   int
}

// openVolume opens H. Root must not be led elsewhere by a symlink in H's place (follow false); with
// the rights of hermes there is nothing to gain by one.
func openVolume(root, home string, follow bool) (*volume, error) {
	flags := unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	name := filepath.Join("/", root, home)
	fd, err := unix.Open(name, flags, 0)
	if errors.Is(err, unix.ENOTDIR) && !follow && isLink(unix.AT_FDCWD, name) {
		return nil, errSymlink
	}
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", home, err)
	}
	return &volume{path: home, fd: fd}, nil
}

func (v *volume) close() { closeFD(v.fd) }

func closeFD(fd int) { _ = unix.Close(fd) }

// closeFile is for files that were only read.
func closeFile(f *os.File) { _ = f.Close() }

// name is rel as the user knows it.
func (v *volume) name(rel string) string { return path.Join(v.path, rel) }

func isLink(dir int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

// at calls fn with the directory that holds rel and rel's last element ("." for the volume itself).
func (v *volume) at(rel string, fn func(dir int, base string) error) error {
	dir := v.fd
	parent, base := path.Split(path.Clean(rel))
	for element := range strings.SplitSeq(strings.Trim(parent, "/"), "/") {
		if element == "" {
			continue
		}
		next, err := unix.Openat(dir, element, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOTDIR) && isLink(dir, element) {
			err = errSymlink
		}
		if dir != v.fd {
			closeFD(dir)
		}
		if err != nil {
			return err
		}
		dir = next
	}
	if dir != v.fd {
		defer closeFD(dir)
	}
	return fn(dir, base)
}

// stat is lstat: the entry itself, errSymlink if it is a symlink.
func (v *volume) stat(rel string) (st unix.Stat_t, err error) {
	err = v.at(rel, func(dir int, base string) error {
		err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW)
		if err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
			return errSymlink
		}
		return err
	})
	return st, err
}

// chown gives rel to an account. A symlink that appears in rel's place since stat is changed itself.
func (v *volume) chown(rel string, uid, gid uint32) error {
	return v.at(rel, func(dir int, base string) error {
		return unix.Fchownat(dir, base, int(uid), int(gid), unix.AT_SYMLINK_NOFOLLOW)
	})
}

// chmod changes the mode of what rel is now; through a descriptor, so that it cannot be exchanged.
func (v *volume) chmod(rel string, mode uint32) error {
	return v.at(rel, func(dir int, base string) error {
		fd, err := unix.Openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer closeFD(fd)
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT == unix.S_IFLNK {
			return errors.Join(err, errSymlink)
		}
		return unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), mode)
	})
}

// read is the content of a regular file.
func (v *volume) read(rel string) (content []byte, err error) {
	err = v.at(rel, func(dir int, base string) error {
		fd, err := unix.Openat(dir, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ELOOP) {
			return errSymlink
		}
		if err != nil {
			return err
		}
		content, err = readRegular(os.NewFile(uintptr(fd), base))
		return err
	})
	return content, err
}

// readFile is the content of a regular file that path leads to.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return readRegular(f)
}

// maxFile bounds what is read of a file in the volume.
const maxFile = 16 << 20

// readRegular reads and closes f. Nothing in a volume holds up a boot: no fifo without a writer, no
// file without an end.
func readRegular(f *os.File) ([]byte, error) {
	defer closeFile(f)
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errNotRegular)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	return content, err
}

// create writes a new file; fs.ErrExist if there is anything of that name. A reader sees all of it
// or nothing.
func (v *volume) create(rel string, content []byte, mode uint32) error {
	return v.put(rel, content, mode, unix.RENAME_NOREPLACE)
}

// replace writes a file, over the one that is there.
func (v *volume) replace(rel string, content []byte, mode uint32) error {
	return v.put(rel, content, mode, 0)
}

func (v *volume) put(rel string, content []byte, mode uint32, rename uint) error {
	return v.at(rel, func(dir int, base string) error {
		if isLink(dir, base) {
			return errSymlink
		}
		var st unix.Stat_t
		if rename != 0 && unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
			return fs.ErrExist
		}
		temporary := "." + strings.TrimPrefix(base, ".") + ".setup"
		_ = unix.Unlinkat(dir, temporary, 0)
		fd, err := unix.Openat(dir, temporary, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		if err != nil {
			return err
		}
		f := os.NewFile(uintptr(fd), base)
		_, err = f.Write(content)
		err = errors.Join(err, f.Chmod(fs.FileMode(mode)), f.Sync(), f.Close())
		if err == nil {
			err = unix.Renameat2(dir, temporary, dir, base, rename)
		}
		if errors.Is(err, unix.EINVAL) && rename != 0 { // a file system without RENAME_NOREPLACE
			err = unix.Renameat(dir, temporary, dir, base)
		}
		if err != nil {
			_ = unix.Unlinkat(dir, temporary, 0)
		}
		return err
	})
}

// mkdir makes a directory and those above it; one that is there already is fine.
func (v *volume) mkdir(rel string, mode uint32) error {
	if parent := path.Dir(path.Clean(rel)); parent != "." {
		if err := v.mkdir(parent, mode); err != nil {
			return err
		}
	}
	return v.at(rel, func(dir int, base string) error {
		err := unix.Mkdirat(dir, base, mode)
		if errors.Is(err, unix.EEXIST) {
			return nil
		}
		return err
	})
}

func (v *volume) remove(rel string) error {
	return v.at(rel, func(dir int, base string) error { return unix.Unlinkat(dir, base, 0) })
}

// link makes rel a symlink to target, unless there is something of that name.
func (v *volume) link(target, rel string) error {
	return v.at(rel, func(dir int, base string) error { return unix.Symlinkat(target, dir, base) })
}
