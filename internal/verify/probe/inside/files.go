//go:build linux

package inside

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"caduceus/internal/held"
	"caduceus/internal/verify/probe"
)

// file describes what lies at a path, a link itself and not where it leads.
func file(path string) probe.File {
	f := probe.File{Path: path}
	info, err := os.Lstat(path)
	if err != nil {
		f.Error = cause(err)
		return f
	}
	fill(&f, info)
	if f.Type == "link" {
		f.Target, _ = os.Readlink(path)
		f.End = &probe.File{Path: path}
		if info, err := os.Stat(path); err != nil {
			f.End.Error = cause(err)
		} else {
			fill(f.End, info)
		}
	}
	return f
}

func fill(f *probe.File, info fs.FileInfo) {
	st := info.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // so it is on Linux
	f.Mode, f.UID, f.GID, f.Size = st.Mode&0o7777, st.Uid, st.Gid, st.Size
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		f.Type = "file"
	case syscall.S_IFDIR:
		f.Type = "directory"
	case syscall.S_IFLNK:
		f.Type = "link"
	case syscall.S_IFIFO:
		f.Type = "fifo"
	case syscall.S_IFSOCK:
		f.Type = "socket"
	default:
		f.Type = "device"
	}
}

// exposed lists what lies below a directory, itself included and links aside, that others than root may change, or that
// not everyone may read.
func exposed(operands []string) (list []probe.File, cut bool, err error) {
	if len(operands) != 1 {
		return nil, false, errors.New("it takes one directory")
	}
	err = filepath.WalkDir(operands[0], func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type() == fs.ModeSymlink {
			return err
		}
		f := file(path)
		least := uint32(0o444)
		if f.Type == "directory" {
			least = 0o555
		}
		if f.Error == "" && f.UID == 0 && f.Mode&0o022 == 0 && f.Mode&least == least {
			return nil
		}
		if len(list) == probe.MaxExposed {
			cut = true
			return fs.SkipAll
		}
		list = append(list, f)
		return nil
	})
	return list, cut, err
}

// cause is the system's word for an error, without the path, which stands beside it.
func cause(err error) string {
	if path, is := errors.AsType[*fs.PathError](err); is {
		return path.Err.Error()
	}
	return err.Error()
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
