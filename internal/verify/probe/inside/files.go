//go:build linux

package inside

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/verify/probe"
)

// hashed bounds the files whose digest is taken.
const hashed = 64 << 20

// file describes what lies at a path, a link itself and not where it leads.
func file(path string) probe.File {
	f := probe.File{Path: path}
	info, err := os.Lstat(path)
	if err != nil {
		f.Error = cause(err)
		return f
	}
	st := info.Sys().(*syscall.Stat_t)                                                                //nolint:forcetypeassert // so it is on Linux
	f.Mode, f.UID, f.GID, f.Size, f.Links = st.Mode&0o7777, st.Uid, st.Gid, st.Size, uint64(st.Nlink) //nolint:unconvert // 32 bits on arm64
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		f.Type = "file"
		f.FileCaps = hasFileCaps(path)
		f.SHA256 = digest(path, st.Size)
	case syscall.S_IFDIR:
		f.Type = "directory"
	case syscall.S_IFLNK:
		f.Type = "link"
		f.Target, _ = os.Readlink(path)
	case syscall.S_IFIFO:
		f.Type = "fifo"
	case syscall.S_IFSOCK:
		f.Type = "socket"
	default:
		f.Type = "device"
	}
	return f
}

// cause is the system's word for an error, without the path, which stands beside it.
func cause(err error) string {
	if path, is := errors.AsType[*fs.PathError](err); is {
		return path.Err.Error()
	}
	return err.Error()
}

func hasFileCaps(path string) bool {
	n, err := unix.Lgetxattr(path, "security.capability", nil)
	return err == nil && n > 0
}

// digest is "" where the file cannot be read whole.
func digest(path string, size int64) string {
	if size > hashed {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(f, hashed)); err != nil || n != size {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// list describes what lies in one directory, without digests.
func list(operands []string) (files []probe.File, cut bool, err error) {
	if len(operands) != 1 {
		return nil, false, errors.New("it takes one directory")
	}
	dir, err := os.Open(operands[0])
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = dir.Close() }()
	for {
		names, err := dir.Readdirnames(1024)
		for _, name := range names {
			if len(files) == probe.MaxEntries {
				return files, true, nil
			}
			f := file(filepath.Join(operands[0], name))
			f.SHA256 = ""
			files = append(files, f)
		}
		if errors.Is(err, io.EOF) {
			return files, false, nil
		}
		if err != nil {
			return files, false, err
		}
	}
}

// content returns the beginning of a regular file; whether there is more, cut says.
func content(operands []string) (text []byte, cut bool, err error) {
	if len(operands) != 1 {
		return nil, false, errors.New("it takes one path")
	}
	text, err = held.ReadHead(operands[0], probe.MaxContent+1)
	if len(text) > probe.MaxContent {
		return text[:probe.MaxContent], true, err
	}
	return text, false, err
}

// privileged lists the programs below some directories that give their caller somebody else's rights. It stays on
// the file system on which it begins.
func privileged(operands []string) (files []probe.File, cut bool, err error) {
	for _, top := range operands {
		info, err := os.Lstat(top)
		if err != nil {
			return nil, false, err
		}
		device := info.Sys().(*syscall.Stat_t).Dev //nolint:forcetypeassert // so it is on Linux
		err = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // a directory that went away, or that nobody may read
			}
			if d.IsDir() {
				if info, err := d.Info(); err == nil && info.Sys().(*syscall.Stat_t).Dev != device { //nolint:forcetypeassert // as above
					return fs.SkipDir
				}
				return nil
			}
			if !d.Type().IsRegular() {
				return nil
			}
			info, err := d.Info()
			if err != nil || (info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) == 0 && !hasFileCaps(path)) {
				return nil //nolint:nilerr // it went away
			}
			if len(files) == probe.MaxEntries {
				cut = true
				return fs.SkipAll
			}
			files = append(files, file(path))
			return nil
		})
		if err != nil {
			return files, cut, fmt.Errorf("cannot walk %q: %w", top, err)
		}
	}
	return files, cut, nil
}
