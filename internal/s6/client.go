package s6

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
)

// ErrNotSupervised is wrapped if a control fifo exists and has no reader.
var ErrNotSupervised = errors.New("not supervised")

// SendControl writes letters to supervise/control of a service directory, in one write. Callers may test
// ErrNotSupervised, fs.ErrNotExist and fs.ErrPermission.
func SendControl(dir, letters string) error {
	return send(filepath.Join(dir, SuperviseDir, ControlFile), letters)
}

// SendScanControl writes letters to the control fifo of a scandir, with the errors of SendControl.
func SendScanControl(scandir, letters string) error {
	return send(filepath.Join(scandir, SvscanDir, ControlFile), letters)
}

func send(path, letters string) error {
	fd, err := openRetry(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC)
	switch {
	case errors.Is(err, unix.ENXIO):
		return fmt.Errorf("cannot send %q to %q: %w", letters, path, ErrNotSupervised)
	case err != nil:
		return fmt.Errorf("cannot send %q to %q: %w", letters, path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := unix.Write(fd, []byte(letters)); err != nil {
		return fmt.Errorf("cannot send %q to %q: %w", letters, path, err)
	}
	return nil
}

// Supervised reports whether a supervisor holds supervise/lock of a service directory. Without the file nobody does.
//
// spec: SUP-19
func Supervised(dir string) (bool, error) {
	return lockHeld(filepath.Join(dir, SuperviseDir, LockFile))
}

// Scanned reports whether a scanner holds the lock of a scandir.
func Scanned(scandir string) (bool, error) {
	return lockHeld(filepath.Join(scandir, SvscanDir, LockFile))
}

func lockHeld(path string) (bool, error) {
	fd, err := openRetry(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("cannot open %q: %w", path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: unix.SEEK_SET}
	if err := unix.FcntlFlock(uintptr(fd), unix.F_GETLK, &lock); err != nil {
		return false, fmt.Errorf("cannot probe lock %q: %w", path, err)
	}
	return lock.Type != unix.F_UNLCK, nil
}

func openRetry(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags, 0)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// ReadStatus reads supervise/status of a service directory. Callers may test ErrStatusSize, fs.ErrNotExist and
// fs.ErrPermission.
func ReadStatus(dir string) (Status, error) {
	path := filepath.Join(dir, SuperviseDir, StatusFile)
	b, err := readState(dir, StatusFile)
	if err != nil {
		return Status{}, fmt.Errorf("cannot read %q: %w", path, err)
	}
	st, err := DecodeStatus(b)
	if err != nil {
		return Status{}, fmt.Errorf("cannot read %q: %w", path, err)
	}
	return st, nil
}

// readState reads a file of supervise/. Another user may own the directory, so it waits for no fifo and reads no more
// than MaxTallySize bytes.
func readState(dir, name string) ([]byte, error) {
	d, err := held.Open(filepath.Join(dir, SuperviseDir), held.FollowAll)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // nothing was written
	content, err := d.ReadHead(name, MaxTallySize)
	if errors.Is(err, held.ErrTooLarge) { // decoding refuses or ignores what is too long
		err = nil
	}
	return content, err
}

// ReadTally reads supervise/death_tally of a service directory. A missing file is an empty tally.
func ReadTally(dir string) ([]Death, error) {
	b, err := readState(dir, TallyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read death tally of %q: %w", dir, err)
	}
	return DecodeTally(b), nil
}

// ReadBackoff reads supervise/backoff of a service directory. Without the file, crashing is false.
func ReadBackoff(dir string) (b Backoff, crashing bool, err error) {
	text, err := readState(dir, BackoffFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Backoff{}, false, nil
	case err != nil:
		return Backoff{}, false, fmt.Errorf("cannot read backoff of %q: %w", dir, err)
	}
	b, err = DecodeBackoff(text)
	return b, err == nil, err
}

// ReadEnds reads supervise/ends of a service directory, the oldest end first. A missing file is none.
func ReadEnds(dir string) ([]End, error) {
	text, err := readState(dir, EndsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read how %q ended: %w", dir, err)
	}
	return DecodeEnds(text), nil
}

// ReadStartFailure reads supervise/unstarted of a service directory. Without the file, failing is false.
func ReadStartFailure(dir string) (f StartFailure, failing bool, err error) {
	text, err := readState(dir, UnstartedFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return StartFailure{}, false, nil
	case err != nil:
		return StartFailure{}, false, fmt.Errorf("cannot read why %q does not start: %w", dir, err)
	}
	f, err = DecodeStartFailure(text)
	return f, err == nil, err
}

// NormallyUp reports whether the service has no down file.
func NormallyUp(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, DownFile))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot look at down file of %q: %w", dir, err)
	}
	return false, nil
}
