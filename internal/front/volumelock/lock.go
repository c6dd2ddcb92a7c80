package volumelock

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
)

// File is the name of the lock at the volume's root.
const File = ".container.lock"

// The bytes of the file that are locked.
const (
	gatewayByte = iota // by the holder, once the file says which container that is
	setupByte          // by a boot that sets the volume up
	writerByte         // by the holder, before it writes to the file
)

// maxFile bounds what is read of the lock; its content is a line.
const maxFile = 4 << 10

// attempts bounds how often a file that somebody exchanges or locks for reading is replaced.
const attempts = 5

// Holder is a container that has the lock.
type Holder struct {
	Container
	// Trusted: the file is one that root alone can write to, so the lock is root's. Another one may be a trick of hermes.
	Trusted bool
}

// Other is the container, not self, that holds the volume; false if there is none, or if this process may not know. The lock
// is looked at, not taken.
//
// contract: HOLD-01
func Other(volume *held.Dir, self Container) (Holder, bool) {
	h, found := HolderOf(volume)
	if !found || h.Container == self {
		return Holder{}, false
	}
	return h, true
}

// HolderOf is the container that holds the volume, whichever it is.
func HolderOf(volume *held.Dir) (Holder, bool) {
	f, err := volume.Open(File, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return Holder{}, false
	}
	defer func() { _ = f.Close() }() // nothing was written
	st, err := held.Fstat(f)
	if err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || !held.WriteLockedAt(f, gatewayByte) {
		return Holder{}, false
	}
	return Holder{Container: read(f), Trusted: ofUser(st, 0)}, true
}

// OtherIn is Other of the directory at path, for this container. It is none where the container's own service has the volume:
// on a full disk the lock may not say whose it is. root is a prefix of the service's path.
func OtherIn(root, path string) (Holder, bool) {
	if (Service{Root: root}).Ready() {
		return Holder{}, false
	}
	volume, err := held.Open(path, held.RefuseLinks)
	if err != nil {
		return Holder{}, false
	}
	defer func() { _ = volume.Close() }() // nothing was written
	return Other(volume, Self())
}

// read returns who wrote the file. A holder that could not write is nobody's self.
func read(f *os.File) (c Container) {
	content, _ := io.ReadAll(io.LimitReader(f, maxFile))
	_ = json.Unmarshal(content, &c)
	return c
}

// Claim is this container's hold on a volume.
type Claim struct {
	volume *held.Dir
	file   *os.File
}

// Take makes self the holder, for files of uid, until the claim is released or the process dies. If another container holds
// the volume by a lock on a file of uid, the error is held.ErrBusy; fs.ErrPermission, if uid may not make the file there.
// Any other error means that nobody can know who holds the volume: there are no locks on its file system, or no room.
// It follows no symlink in the lock's place.
//
// contract: HOLD-01
func Take(volume *held.Dir, uid uint32, self Container) (*Claim, error) {
	for range attempts {
		if locked, root := locks(volume, gatewayByte); locked && root {
			return nil, held.ErrBusy
		}
		claim, err := takeOnce(volume, uid, self)
		if claim != nil || err != nil {
			return claim, err
		}
	}
	return nil, fmt.Errorf("cannot keep %q: somebody replaces it again and again", File)
}

// takeOnce returns nil and no error if somebody has replaced the file meanwhile, or locked it for reading; it is another one
// then.
func takeOnce(volume *held.Dir, uid uint32, self Container) (*Claim, error) {
	f, err := openOwn(volume, uid)
	if err != nil {
		return nil, err
	}
	claim := &Claim{volume: volume, file: f}
	for _, at := range []int64{writerByte, gatewayByte} {
		err := held.LockAt(f, at)
		busy := errors.Is(err, held.ErrBusy)
		switch {
		case busy && (held.WriteLockedAt(f, at) || at == writerByte && held.WriteLockedAt(f, gatewayByte)):
			claim.Release()
			return nil, held.ErrBusy
		case busy: // by somebody who may only read it
			claim.Release()
			if f, err = replace(volume); err == nil {
				err = f.Close()
			}
			return nil, err
		case err != nil:
			claim.Release()
			return nil, fmt.Errorf("cannot lock %q: %w", File, err)
		}
		if at == writerByte {
			claim.write(self)
		}
	}
	if !claim.Holds() {
		claim.Release()
		return nil, nil
	}
	return claim, nil
}

// Holds reports whether the locked file is still the one at its place: who owns the volume can remove it.
func (c *Claim) Holds() bool { return inPlace(c.volume, c.file) }

// Release gives the volume up.
func (c *Claim) Release() { _ = c.file.Close() }

// write says who holds. The lock counts, whatever becomes of the line: a full disk only hides the name.
func (c *Claim) write(self Container) {
	var line bytes.Buffer
	if json.NewEncoder(&line).Encode(self) != nil {
		return
	}
	if n, _ := c.file.WriteAt(line.Bytes(), 0); n < line.Len() { // nobody is to be taken for the one before
		line.Reset()
	}
	_ = c.file.Truncate(int64(line.Len()))
}

// AwaitSetup waits until no other boot sets the volume up, and keeps others waiting until release. waits is called once if
// it has to wait. The error is held.ErrBusy if the other one is not done when ctx ends; others are those of Take. release is
// never nil.
//
// contract: HOLD-03
func AwaitSetup(ctx context.Context, volume *held.Dir, uid uint32, waits func()) (release func(), err error) {
	nothing := func() {}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for waited := false; ; {
		if release, err := setupLock(volume, uid); !errors.Is(err, held.ErrBusy) {
			return release, err
		}
		if !waited {
			waited = true
			waits()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nothing, held.ErrBusy
		}
	}
}

// setupLock takes the lock of a boot that sets the volume up. Where somebody who is neither root nor uid has a lock on the
// file, there is none to be had without taking away his, and nobody waits for him.
func setupLock(volume *held.Dir, uid uint32) (release func(), err error) {
	nothing := func() {}
	if locked, root := locks(volume, setupByte); locked && root {
		return nothing, held.ErrBusy
	}
	if st, err := volume.Lstat(File); err == nil && !ofUser(st, uid) {
		for _, at := range []int64{gatewayByte, setupByte} {
			if locked, _ := locks(volume, at); locked {
				return nothing, nil
			}
		}
	}
	f, err := openOwn(volume, uid)
	if err != nil {
		return nothing, err
	}
	err = held.LockAt(f, setupByte)
	switch {
	case err == nil && inPlace(volume, f):
		return func() { _ = f.Close() }, nil
	case err == nil: // it was replaced meanwhile
		err = held.ErrBusy
	case errors.Is(err, held.ErrBusy) && !held.WriteLockedAt(f, setupByte): // by somebody who may only read it
		err = nil
	case !errors.Is(err, held.ErrBusy):
		err = fmt.Errorf("cannot lock %q: %w", File, err)
	}
	return nothing, errors.Join(err, f.Close())
}

// locks reports whether somebody has a write lock on a byte of the file, and whether only root can have it.
func locks(volume *held.Dir, at int64) (locked, root bool) {
	f, err := volume.Open(File, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false, false
	}
	defer func() { _ = f.Close() }() // nothing was written
	st, err := held.Fstat(f)
	locked = err == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && held.WriteLockedAt(f, at)
	return locked, locked && ofUser(st, 0)
}

// openOwn opens the lock, and makes one where there is none, or one that others than uid could have locked.
func openOwn(volume *held.Dir, uid uint32) (*os.File, error) {
	f, err := volume.OpenOrCreate(File, unix.O_RDWR|unix.O_NONBLOCK, 0o644)
	if err == nil {
		if st, err := held.Fstat(f); err == nil && ofUser(st, uid) && written(f) {
			return f, nil
		}
		_ = f.Close()
	}
	if st, statErr := volume.Lstat(File); errors.Is(statErr, unix.ENOENT) || statErr == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return nil, err // it could not be made, or a directory is in its place
	}
	return replace(volume)
}

// ofUser reports whether a file is one that uid alone can write to, and by this name alone.
func ofUser(st unix.Stat_t, uid uint32) bool {
	return st.Mode&(unix.S_IFMT|0o7777) == unix.S_IFREG|0o644 && st.Uid == uid && st.Nlink == 1
}

// written reports whether the content is that of a lock. Another file of the same owner may have been put there, which must
// not be overwritten.
func written(f *os.File) bool {
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	var c Container
	return err == nil && (len(content) == 0 || json.Unmarshal(content, &c) == nil && c.Mounts != "")
}

// replace puts a new file in the lock's place.
func replace(volume *held.Dir) (*os.File, error) {
	name := fmt.Sprintf("%s.%s.new", File, rand.Text())
	f, err := volume.Open(name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}
	if err := volume.Rename(name, File); err != nil {
		return nil, errors.Join(err, volume.Remove(name), f.Close())
	}
	return f, nil
}

// inPlace reports whether the file is the one of that name in the volume.
func inPlace(volume *held.Dir, f *os.File) bool {
	have, err := held.Fstat(f)
	want, lookErr := volume.Lstat(File)
	return err == nil && lookErr == nil && have.Dev == want.Dev && have.Ino == want.Ino
}
