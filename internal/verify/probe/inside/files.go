//go:build linux

package inside

import (
	"errors"
	"io/fs"
	"os"
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
	st := info.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // so it is on Linux
	f.Mode, f.UID, f.GID, f.Size = st.Mode&0o7777, st.Uid, st.Gid, st.Size
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		f.Type = "file"
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
