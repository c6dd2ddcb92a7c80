package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/pastids"
	"caduceus/internal/front/place"
	"caduceus/internal/held"
)

// former is the ids that hermes had before and has no more, and the present ones.
type former struct {
	uids, gids []uint32
	uid, gid   uint32
}

// gives returns the ids that an entry gets, -1 for one that stays: what belonged to hermes follows, and no group of
// somebody else's file.
func (f former) gives(st unix.Stat_t) (uid, gid int) {
	uid, gid = -1, -1
	if slices.Contains(f.uids, st.Uid) {
		uid = int(f.uid)
	} else if st.Uid != f.uid {
		return uid, gid
	}
	if slices.Contains(f.gids, st.Gid) {
		gid = int(f.gid)
	}
	return uid, gid
}

// picks reports whether an entry follows.
func (f former) picks(e held.Entry) bool {
	uid, gid := f.gives(e.Stat_t)
	return uid >= 0 || gid >= 0
}

func (f former) empty() bool { return len(f.uids)+len(f.gids) == 0 }

func (f former) String() string {
	words := func(kind string, ids []uint32) string {
		if len(ids) == 0 {
			return ""
		}
		return kind + strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ", "), "[]")
	}
	return strings.Trim(words("uid ", f.uids)+", "+words("gid ", f.gids), ", ")
}

// formerIDs returns the ids that hermes had on the volume, which belongs to uid owner. Without a memory of the last boot
// these are those of the image, and of the account file of this container.
//
// contract: WHO-02
func (j *job) formerIDs(v *volume, owner uint32) former {
	ids, err := pastids.Read(v.Dir, owner)
	if err != nil {
		if errors.Is(err, pastids.ErrNotBelieved) {
			j.warn("%s is put aside: %v. What a former uid of hermes other than %d owns keeps its owner", v.name(pastids.File), err, place.ImageID)
		}
		ids = pastids.IDs{UIDs: []uint32{place.ImageID, j.remembered.UID}, GIDs: []uint32{place.ImageID, j.remembered.GID}}
	}
	without := func(ids []uint32, now uint32) []uint32 {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id uint32) bool { return id == now || id == 0 })
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	return former{without(ids.UIDs, j.hermes.UID), without(ids.GIDs, j.hermes.GID), j.hermes.UID, j.hermes.GID}
}

// remember writes down which ids files of hermes may have: the present ones, and until the change is complete the former
// ones, too. On a volume where hermes has ever had the ids of the image, there is nothing to write.
//
// contract: WHO-02
func (j *job) remember(v *volume, f former) {
	ids := pastids.IDs{UIDs: append([]uint32{f.uid}, f.uids...), GIDs: append([]uint32{f.gid}, f.gids...)}
	if !pastids.Exists(v.Dir) && f.empty() && f.uid == place.ImageID && f.gid == place.ImageID {
		return
	}
	if have, err := pastids.Read(v.Dir, f.uid); err == nil && slices.Equal(have.UIDs, ids.UIDs) && slices.Equal(have.GIDs, ids.GIDs) {
		return
	}
	if err := pastids.Write(v.Dir, ids); err != nil && !errors.Is(err, unix.EROFS) {
		j.warn("cannot remember the ids of hermes in %s: %v", v.name(pastids.File), cause(err))
	}
}

// follow gives hermes what belonged to its former ids, wherever it lies in the mount of the volume, and reports whether
// that is complete.
//
// contract: WHO-01
func (r *repair) follow(f former) bool {
	if f.empty() {
		return true
	}
	var first error
	given := 0
	err := r.v.Walk(r.ctx, ".", f.picks, func(e held.Entry) error {
		if e.Path() == "." {
			return nil // the volume itself is given last
		}
		uid, gid := f.gives(e.Stat_t)
		done, err := r.give(e, uid, gid)
		if done {
			given++
		}
		if first == nil {
			first = err
		}
		return nil
	})
	r.report("recursive chown", ".", first, err)
	if given > 0 {
		r.say("Gave hermes (%d:%d) what belonged to its former ids in %s: %d entries of %s", f.uid, f.gid, r.v.path, given, f)
	}
	return first == nil && (err == nil || errors.Is(err, fs.ErrNotExist)) && r.ctx.Err() == nil
}

// giveVolume gives the volume itself to hermes: last, as its owner tells the next boot whether this one came to its end.
func (j *job) giveVolume(v *volume, f former) {
	st, err := v.Stat(".")
	if err != nil {
		return
	}
	uid, gid := f.gives(st)
	if st.Uid != f.uid {
		uid, gid = int(f.uid), int(f.gid)
	}
	if uid < 0 && gid < 0 {
		return
	}
	if err := v.Chown(".", uid, gid); err != nil {
		j.warn("chown of %s (%v) failed (rootless container?) — continuing", v.name("."), cause(err))
	}
}

// repairOwnership gives the volume, its trees and its files to hermes, and what belonged to former ids of hermes.
func (j *job) repairOwnership(ctx context.Context, v *volume) error {
	uid, _, _, err := v.Owner()
	if err != nil {
		return err
	}
	foreign := uid != j.hermes.UID
	if foreign {
		j.say("Fixing ownership of %s (targeted) to hermes (%d)%s", v.path, j.hermes.UID, keepHint(uid))
	}
	f := j.formerIDs(v, uid)
	if _, err = v.Stat(".env"); errors.Is(err, unix.EACCES) {
		j.warn("cannot look into %s as root: capability DAC_OVERRIDE is missing — continuing", v.path)
		j.giveVolume(v, f)
		return nil
	}
	if !f.empty() {
		j.remember(v, f)
	}
	r := newRepair(ctx, j, v, append(slices.Clone(f.uids), uid))
	r.repairTrees(foreign && !slices.Contains(f.uids, uid))
	complete := r.follow(f)
	r.nameLinked()
	j.giveVolume(v, f)
	if complete {
		f.uids, f.gids = nil, nil
	}
	j.remember(v, f)
	return ctx.Err()
}
