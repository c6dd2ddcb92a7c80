package doctor

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/mounts"
	"caduceus/internal/front/pastids"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// maxStrangers is how many entries are named one by one.
const maxStrangers = 5

// strangers looks for entries at the top of the volume that hermes cannot read, as they belong to a user who is neither
// hermes nor root, and whom no boot has seen as hermes.
//
// contract: WHO-03
func strangers(_ context.Context, c Container) []Finding {
	hermes, err := c.account()
	if err != nil {
		return nil
	}
	root := c.Home.Root()
	volume, err := held.Open(root, held.RefuseLinks)
	if err != nil {
		return nil
	}
	defer func() { _ = volume.Close() }() // nothing was written
	names := unreadable(volume, hermes)
	var found []Finding
	for _, e := range names[:min(len(names), maxStrangers)] {
		where := mounts.Word(path.Join(root, e.name))
		found = append(found, Finding{
			where, fmt.Sprintf("it belongs to uid %d, which no boot has seen as hermes, and hermes cannot read it", e.uid),
			fmt.Sprintf("if hermes is to have it: docker exec -u 0 CONTAINER chown -R %d:%d %s", hermes.UID, hermes.GID, where),
		})
	}
	if more := len(names) - maxStrangers; more > 0 {
		found = append(found, Finding{root, fmt.Sprintf("%d more entries are like that", more), "the same for each that hermes is to have"})
	}
	return found
}

type entry struct {
	name string
	uid  uint32
}

// unreadable lists entries of a volume that this thread, with the file rights of hermes, cannot open, by name.
func unreadable(volume *held.Dir, hermes identity.Account) []entry {
	var found []entry
	err := volume.EachName(func(name string) {
		st, mounted, err := volume.LstatMount(name)
		kind := st.Mode & unix.S_IFMT
		if err != nil || mounted || kind != unix.S_IFDIR && kind != unix.S_IFREG || st.Uid == hermes.UID || st.Uid == 0 || name == pastids.File {
			return
		}
		f, err := volume.Open(name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			found = append(found, entry{name, st.Uid})
			return
		}
		_ = f.Close() // nothing was written
	})
	if err != nil {
		return nil
	}
	slices.SortFunc(found, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return found
}
