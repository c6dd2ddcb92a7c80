package held

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// errNotMount: what is to be written in place is a file that could be replaced.
var errNotMount = errors.New("not a mount of its own")

// writeInPlace gives a regular file that is a mount of its own another content. Nothing is cut off before all is written, and
// what was there is written again if that fails, as on a full disk. A crash in between leaves a mixture: there is no
// better way, as the name cannot be given to another file.
//
// contract: SETUP-42
func writeInPlace(dir int, base string, content []byte) error {
	fd, err := openat(dir, base, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer closeFD(fd)
	if err := isMountedFile(dir, fd); err != nil {
		return err
	}
	old, err := io.ReadAll(io.LimitReader(rawReader(fd), MaxFile+1))
	if err == nil && len(old) > MaxFile {
		err = ErrTooLarge
	}
	if err != nil {
		return err
	}
	if err = overwrite(fd, content); err != nil {
		return errors.Join(err, overwrite(fd, old))
	}
	return nil
}

// isMountedFile returns an error unless fd is a regular file in another mount than dir: hermes, who may have put an entry of
// another kind there, cannot mount.
func isMountedFile(dir, fd int) error {
	st, err := fstat(fd)
	if err != nil {
		return err
	}
	if fileType(st) != unix.S_IFREG {
		return ErrNotRegular
	}
	here, err := mountOf(dir)
	if err != nil {
		return err
	}
	there, err := mountOf(fd)
	if err == nil && here == there {
		err = errNotMount
	}
	return err
}

// overwrite makes content all that is in a file.
func overwrite(fd int, content []byte) error {
	for done := 0; done < len(content); {
		n, err := retry(func() (int, error) { return unix.Pwrite(fd, content[done:], int64(done)) })
		if err != nil {
			return err
		}
		done += n
	}
	if err := unix.Ftruncate(fd, int64(len(content))); err != nil {
		return err
	}
	return unix.Fsync(fd)
}
