package follow

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

// Follower is one volume and one scandir.
type Follower struct {
	Home    profile.Home
	Scandir gateway.Scandir
	Adopt   func(ctx context.Context, name string, renamed bool) (action string, err error) // registers a slot
	Say     func(format string, args ...any)                                                // a line for the operator

	memory Memory
	failed map[string]string // the last failure of a profile, so that it is told once
}

// Look looks once, and acts. What it cannot see it takes for unchanged.
//
// contract: PROF-05
func (f *Follower) Look(ctx context.Context) {
	parent := filepath.Join(f.Home.Root(), "profiles")
	if _, err := os.ReadDir(parent); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if _, err := os.Stat(f.Home.Root()); err != nil {
		return
	}
	slots, err := f.Scandir.Profiles()
	if err != nil {
		return
	}
	profiles, _ := f.Home.Names() // the boot has told what is left out
	register, remove := f.memory.Next(Look{Profiles: profiles, Slots: slots, ID: f.id, Gone: f.gone})
	for _, name := range remove { // before its new name starts
		err := f.Scandir.Unregister(ctx, name)
		f.tell(name, err, fmt.Sprintf("removed %s%s: its profile is gone", profile.SlotPrefix, name))
	}
	for _, arrival := range register {
		action, err := f.Adopt(ctx, arrival.Name, arrival.From != "")
		f.tell(arrival.Name, err, action)
	}
}

// id tells the same directory under another name from a copy.
func (f *Follower) id(name string) string {
	info, err := os.Stat(f.Home.Dir(name))
	if err != nil {
		return ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

// gone says that the directory has no SOUL.md, or is none; not that it could not be looked at.
func (f *Follower) gone(name string) bool {
	_, err := os.Stat(filepath.Join(f.Home.Dir(name), "SOUL.md"))
	return errors.Is(err, fs.ErrNotExist)
}

func (f *Follower) tell(name string, err error, done string) {
	if err == nil {
		delete(f.failed, name)
		f.Say("profiles: %s", done)
		return
	}
	if f.failed[name] == err.Error() {
		return
	}
	if f.failed == nil {
		f.failed = map[string]string{}
	}
	f.failed[name] = err.Error()
	f.Say("profiles: warning: %v", err)
}
