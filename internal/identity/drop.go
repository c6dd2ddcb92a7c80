package identity

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Gain is how a process may gain rights by executing a program.
type Gain int

const (
	// NoGain sets no_new_privs and empties the bounding set of capabilities: it gains nothing.
	NoGain Gain = iota
	// FileGain leaves setuid, setgid and file capabilities their effect.
	FileGain
)

// GainOf returns FileGain if the operator allows new privileges (env.AllowNewPrivileges).
func GainOf(allowed bool) Gain {
	if allowed {
		return FileGain
	}
	return NoGain
}

// Drop makes the process run as a for good: groups, gid and uid of every thread change, its capabilities are given up, and
// it can gain rights only as gain allows. Before it returns nil, it has tried to become root again, and failed.
//
// A process that has the uid of a already keeps its ids. Any other that is not root gets an error. After an error the
// process may have changed in part: it must end.
//
// contract: RUN-11
func Drop(a Account, gain Gain) error { return drop(allThreads, a, gain) }

// Become is Drop for a process that executes a program at once, with exec, which returns only an error. What Drop
// changes of each thread, Become changes of the one that executes: the others end with it.
//
// contract: RUN-11
func Become(a Account, gain Gain, exec func() error) error {
	runtime.LockOSThread() // never unlocked: the process ends in any case
	if err := drop(thisThread, a, gain); err != nil {
		return err
	}
	return exec()
}

func drop(s scope, a Account, gain Gain) error {
	uid := syscall.Geteuid()
	switch {
	case a.UID == 0:
		return fmt.Errorf("cannot become %q: its uid is 0; give it another in /etc/passwd", a.Name)
	case uid != 0 && uint32(uid) != a.UID:
		return fmt.Errorf("cannot become %q (%d): running as uid %d, not root", a.Name, a.UID, uid)
	}
	shared := uid == 0 && sharesTerminal()
	if err := renounce(s, gain); err != nil {
		return fmt.Errorf("cannot become %q: %w", a.Name, err)
	}
	if uid == 0 {
		if err := dropIDs(a); err != nil {
			return err
		}
		if err := renounce(s, gain); err != nil { // what securebits had the kernel keep
			return fmt.Errorf("cannot become %q: %w", a.Name, err)
		}
	}
	if err := guardTerminal(gain); err != nil && shared {
		return fmt.Errorf("cannot become %q in a terminal of another user's shell (%w): its programs could type into that "+
			"shell; use docker exec -it -u %s", a.Name, err, a.Name)
	}
	if err := checkDropped(a, uid == 0, gain); err != nil {
		return fmt.Errorf("cannot become %q: %w", a.Name, err)
	}
	return nil
}

// dropIDs changes groups, gid and uid. When the uid changes, the kernel clears the capabilities, but for securebits. Nothing else
// that concerns all threads may be left to do after it: see roomForSignals.
func dropIDs(a Account) error {
	if err := syscall.Setgroups(a.gids()); err != nil {
		return fmt.Errorf("cannot set groups of %q (needs capability SETGID): %w", a.Name, err)
	}
	if err := syscall.Setgid(int(a.GID)); err != nil {
		return fmt.Errorf("cannot set gid %d of %q (needs capability SETGID): %w", a.GID, a.Name, err)
	}
	if err := syscall.Setuid(int(a.UID)); err != nil {
		return fmt.Errorf("cannot set uid %d of %q (needs capability SETUID): %w", a.UID, a.Name, err)
	}
	return nil
}

// gids returns all groups of the account, for setgroups.
func (a Account) gids() []int {
	gids := []int{int(a.GID)}
	for _, gid := range a.Groups {
		gids = append(gids, int(gid))
	}
	return gids
}

// checkDropped returns an error if the process has other ids or rights than it should, or can become root again. It looks at
// this thread only: the calls that change all threads fail, or end the program, if they differ.
func checkDropped(a Account, ids bool, gain Gain) error {
	if r, e, s := unix.Getresuid(); uint32(r) != a.UID || uint32(e) != a.UID || uint32(s) != a.UID {
		return fmt.Errorf("its uids are %d, %d and %d", r, e, s)
	}
	if r, e, s := unix.Getresgid(); ids && (uint32(r) != a.GID || uint32(e) != a.GID || uint32(s) != a.GID) {
		return fmt.Errorf("its gids are %d, %d and %d", r, e, s)
	}
	if ids {
		have, err := syscall.Getgroups()
		if err != nil {
			return fmt.Errorf("cannot read its groups: %w", err)
		}
		want := a.gids()
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(slices.Compact(have), slices.Compact(want)) {
			return fmt.Errorf("its groups are %v, not %v", have, want)
		}
	}
	sets, err := capabilities()
	if err != nil {
		return err
	}
	if sets != (capSets{}) {
		return fmt.Errorf("it kept capabilities %v", sets)
	}
	if on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("cannot read no_new_privs: %w", err)
	} else if gain == NoGain && on != 1 {
		return errors.New("no_new_privs is not set")
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETUID, 0, 0, 0); errno == 0 {
		return errors.New("it can become root again")
	}
	return nil
}
