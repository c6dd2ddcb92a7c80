package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

// Interval is the time between two looks. Two of them, and the registration, fit into 10 seconds.
const Interval = 2 * time.Second

// Follower keeps the slots of one live scandir in step with the profiles of one volume. Look has to be
// called every Interval.
type Follower struct {
	home    profile.Home
	scandir gateway.Scandir
	adopt   func(ctx context.Context, name string, renamed bool) (Action, error)
	say     func(format string, args ...any) // a line for the operator

	memory memory
	failed map[string]string // the last failure of a profile, so that it is reported once
}

// NewFollower makes one that reports to say.
func NewFollower(o Options, say func(format string, args ...any)) *Follower {
	r := newRun(o)
	adopt := func(ctx context.Context, name string, renamed bool) (Action, error) {
		return Adopt(ctx, o, name, renamed)
	}
	return &Follower{home: r.home, scandir: r.scandir, adopt: adopt, say: say}
}

// Look looks once, and acts. What it cannot see counts as unchanged.
//
// contract: PROF-05
func (f *Follower) Look(ctx context.Context) {
	parent := filepath.Join(f.home.Root(), "profiles")
	if _, err := os.ReadDir(parent); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if _, err := os.Stat(f.home.Root()); err != nil {
		return
	}
	slots, err := f.scandir.Profiles()
	if err != nil {
		return
	}
	profiles, _ := f.home.Names() // the boot has reported what is left out
	register, remove := f.memory.next(snapshot{profiles: profiles, slots: slots, id: f.id, gone: f.gone})
	for _, name := range remove { // before its new name starts
		err := f.scandir.Unregister(ctx, name)
		f.report(name, err, fmt.Sprintf("removed %s%s: its profile is gone", profile.SlotPrefix, name))
	}
	for _, a := range register {
		action, err := f.adopt(ctx, a.name, a.from != "")
		f.report(a.name, err, action.String())
	}
}

// id is the same for a directory under another name, and another one for a copy.
func (f *Follower) id(name string) string {
	info, err := os.Stat(f.home.Dir(name))
	if err != nil {
		return ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

// gone reports whether the directory has no SOUL.md, or is not there. One that cannot be looked at is not gone.
func (f *Follower) gone(name string) bool {
	_, err := os.Stat(filepath.Join(f.home.Dir(name), "SOUL.md"))
	return errors.Is(err, fs.ErrNotExist)
}

// report prints what was done, or an error unless the last look had the same one.
func (f *Follower) report(name string, err error, done string) {
	if err == nil {
		delete(f.failed, name)
		f.say("profiles: %s", done)
		return
	}
	if f.failed[name] == err.Error() {
		return
	}
	if f.failed == nil {
		f.failed = map[string]string{}
	}
	f.failed[name] = err.Error()
	f.say("profiles: warning: %v", err)
}
