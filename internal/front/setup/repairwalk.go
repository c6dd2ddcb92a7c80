package setup

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/front/place"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

// maxLinked is how many hard links the boot names one by one.
const maxLinked = 5

// repair is one pass over the volume that gives entries to hermes.
type repair struct {
	*job

	v      *volume
	ctx    *patience
	known  []uint32 // uids whose hard links may be given: of hermes, and of the volume
	linked int      // hard links that were left alone

	stopped bool // as patience is at its end, which a line has named
}

// patience is the context of one pass: it ends once nothing was found for so long, for good. It asks the clock itself, so that
// a walk on a busy host hears of it at its next entry.
type patience struct {
	context.Context //nolint:containedctx // it is one

	limit time.Duration
	found time.Time
	over  bool
}

// Err implements context.Context.
func (p *patience) Err() error {
	if err := p.Context.Err(); err != nil {
		return err
	}
	if p.over = p.over || time.Since(p.found) >= p.limit; p.over {
		return context.Canceled
	}
	return nil
}

// newRepair begins a pass over a volume. known are uids, beside those of this container, of which hard links may be given.
func newRepair(ctx context.Context, j *job, v *volume, known []uint32) *repair {
	r := &repair{job: j, v: v, ctx: &patience{Context: ctx, limit: j.lookLimit(), found: time.Now()}}
	known = append(known, j.hermes.UID, j.remembered.UID, place.ImageID)
	r.known = slices.DeleteFunc(known, func(uid uint32) bool { return uid == 0 })
	return r
}

// tree gives a directory and what is in it to hermes. If that fails, it warns once for the tree, with the first
// error. It goes into no other mount.
func (r *repair) tree(rel string, all bool) {
	var first error
	see := func(held.Entry) {}
	skills := rel == skillsDir && r.home == profile.Home(r.home).Root()
	seen := names{}
	if skills { // one look is enough for both
		see = seen.add
	}
	err := r.v.Walk(r.ctx, rel, func(e held.Entry) bool { see(e); return misowned(e.Uid, r.hermes.UID, all) }, func(e held.Entry) error {
		if _, err := r.give(e, int(r.hermes.UID), int(r.hermes.GID)); first == nil {
			first = err
		}
		return nil
	})
	if skills && err == nil {
		r.seenSkills = &seen
	}
	r.report("recursive chown", rel, first, err)
}

// file gives one entry to hermes, and nothing below it.
func (r *repair) file(action, rel string) {
	var first error
	err := r.v.Walk(r.ctx, rel, nil, func(e held.Entry) error {
		if e.Uid != r.hermes.UID {
			_, first = r.give(e, int(r.hermes.UID), int(r.hermes.GID))
		}
		return fs.SkipDir
	})
	r.report(action, rel, first, err)
}

// give gives an entry to hermes, by these ids; -1 keeps one. It leaves devices alone, mount points, and hard links of somebody else's, which may be
// files from outside.
//
// contract: SETUP-40
func (r *repair) give(e held.Entry, uid, gid int) (given bool, err error) {
	switch kind := e.Mode & unix.S_IFMT; {
	case e.Mount:
		r.nameMount(r.v, e.Path())
		return false, nil
	case kind == unix.S_IFCHR || kind == unix.S_IFBLK:
		return false, nil
	case kind != unix.S_IFDIR && e.Nlink > 1 && !slices.Contains(r.known, e.Uid):
		if r.linked++; r.linked <= maxLinked {
			r.warn("%s has %d hard links and belongs to uid %d: it is left alone, as it may be a file from outside. If hermes is to have it: "+
				"docker exec -u 0 CONTAINER chown %d:%d and that path", env.Shown(r.v.name(e.Path())), e.Nlink, e.Uid, r.hermes.UID, r.hermes.GID)
		}
		return false, nil
	}
	if err = e.Chown(uid, gid); err == nil {
		r.ctx.found = time.Now()
	}
	return err == nil, err
}

// nameLinked names how many hard links no line has named.
func (r *repair) nameLinked() {
	if more := r.linked - maxLinked; more > 0 {
		r.warn("%d more hard links are left alone", more)
	}
}

// report warns about what happened to rel: refused is the first error of a chown, err that of the walk.
func (r *repair) report(action, rel string, refused, err error) {
	what := action
	if action != "recursive chown" {
		what = "chown"
	}
	where := r.v.name(rel)
	switch {
	case errors.Is(err, held.ErrLink):
		r.refuse(action, where)
	case errors.Is(err, held.ErrMount):
		r.nameMount(r.v, rel)
	case errors.Is(err, unix.ENOENT):
	case refused != nil:
		r.warn("%s of %s (%v) failed (rootless container?) — continuing", what, where, refused)
	case errors.Is(err, context.Canceled):
		if !r.stopped {
			r.warn("the volume has more files than root looks at in %v: ownership is not repaired in %s and what comes after it; "+
				"chown -R %d:%d it on the host", r.lookLimit(), where, r.hermes.UID, r.hermes.GID)
		}
		r.stopped = true
	case err != nil && what == action:
		r.warn("%s of %s: %v — continuing", what, where, cause(err))
	}
}
