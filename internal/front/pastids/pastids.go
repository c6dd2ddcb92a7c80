package pastids

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// File is the name of the memory in the volume.
const File = ".container-ids"

// ErrNotBelieved is wrapped by Read's error about a file that may not be what a boot wrote.
var ErrNotBelieved = errors.New("it is not believed")

// IDs are the uids and gids that files of hermes may have: those of the last boot and, while a change is not complete,
// those before it.
type IDs struct {
	UIDs []uint32 `json:"uids"`
	GIDs []uint32 `json:"gids"`
}

// most is how many ids of a kind are remembered. Only changes that were never completed add up.
const most = 16

// maxSize is more than most ids need, in bytes.
const maxSize = 4096

// memory is the content of the file.
type memory struct {
	Inode uint64 `json:"inode"`
	IDs
}

// Read returns what the last boot wrote into a volume, which belongs to owner; no link below it is followed. Callers may
// test fs.ErrNotExist and ErrNotBelieved.
func Read(volume *held.Dir, owner uint32) (IDs, error) {
	f, err := volume.Open(File, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, held.ErrLink) {
		return IDs{}, refused("it is a link")
	}
	if err != nil {
		return IDs{}, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return IDs{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || st.Uid != 0 || st.Nlink != 1 || info.Mode().Perm()&0o022 != 0 {
		return IDs{}, refused("others than root may have written it")
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return IDs{}, err
	}
	return parse(content, st.Ino, owner)
}

// parse reads the content of the file with that inode number.
func parse(content []byte, inode uint64, owner uint32) (IDs, error) {
	var m memory
	if err := json.Unmarshal(content, &m); err != nil {
		return IDs{}, refused("it cannot be parsed")
	}
	bad := func(id uint32) bool { return !identity.ValidID(id) }
	switch {
	case m.Inode != inode:
		return IDs{}, refused("it is a copy")
	case len(m.UIDs) > most || len(m.GIDs) > most || slices.ContainsFunc(m.UIDs, bad) || slices.ContainsFunc(m.GIDs, bad):
		return IDs{}, refused("it has ids that hermes cannot have")
	case !slices.Contains(m.UIDs, owner):
		return IDs{}, refused("the volume belongs to somebody else since")
	}
	return m.IDs, nil
}

func refused(why string) error { return fmt.Errorf("%w: %s", ErrNotBelieved, why) }

// Write remembers ids in a volume, the newest first, and forgets the others. Of more than 16 of a kind it forgets the last.
func Write(volume *held.Dir, ids IDs) error {
	ids = IDs{UIDs: newest(ids.UIDs), GIDs: newest(ids.GIDs)}
	content := func(inode uint64) []byte {
		line, _ := json.Marshal(memory{inode, ids}) // numbers only
		return append(line, '\n')
	}
	return volume.WithLinks(held.FollowOwn).WriteBound(File, content, held.Write{Mode: 0o644, Durable: true}) // a link is replaced
}

func newest(ids []uint32) []uint32 {
	var once []uint32
	for _, id := range ids {
		if !slices.Contains(once, id) && len(once) < most {
			once = append(once, id)
		}
	}
	return once
}

// Exists reports whether the volume has the file, whatever is in it.
func Exists(volume *held.Dir) bool {
	_, err := volume.Lstat(File)
	return !errors.Is(err, os.ErrNotExist)
}
