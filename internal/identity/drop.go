package identity

import (
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Gain is what programs that a process executes may add to its rights.
type Gain int

const (
	NoGain   Gain = iota // nothing: no_new_privs, and no capability in the bounding set
	FileGain             // what setuid, setgid and file capabilities give, as the operator asked
)

// GainOf returns FileGain where the operator allows new privileges (env.AllowNewPrivileges).
func GainOf(allowed bool) Gain {
	if allowed {
		return FileGain
	}
	return NoGain
}

// Drop turns the whole process into a: groups, gid and uid of every thread, no capabilities, and for
// programs that it executes no more than gain. There is no way back, which is tried before Drop returns nil.
// A process that runs as a already loses the rest only; any other that is not root gets an error. After an
// error the process may be half of both: it must end.
//
// contract: RUN-11
func Drop(a Account, gain Gain) error {
	uid := syscall.Geteuid()
	switch {
	case a.UID == 0:
		return fmt.Errorf("cannot become %q: its uid is 0; give it another in /etc/passwd", a.Name)
	case uid != 0 && uint32(uid) != a.UID:
		return fmt.Errorf("cannot become %q (%d): running as uid %d, not root", a.Name, a.UID, uid)
	}
	shared := uid == 0 && sharesTerminal()
	if uid == 0 {
		if err := dropIDs(a, gain); err != nil {
			return err
		}
	}
	if err := renounce(allThreads, gain); err != nil {
		return fmt.Errorf("cannot become %q: %w", a.Name, err)
	}
	if err := guardTerminal(gain); err != nil && shared {
		return fmt.Errorf("cannot become %q in a terminal of another user's shell (%w): its programs could type into that "+
			"shell; use docker exec -it -u %s", a.Name, err, a.Name)
	}
	if err := dropped(a, uid == 0, gain); err != nil {
		return fmt.Errorf("cannot become %q: %w", a.Name, err)
	}
	return nil
}

// dropIDs changes groups, gid and uid. With the uid the kernel takes the capabilities.
func dropIDs(a Account, gain Gain) error {
	if gain == NoGain {
		if err := emptyBounding(allThreads); err != nil {
			return fmt.Errorf("cannot become %q: %w", a.Name, err)
		}
	}
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

// gids are all groups of the account, as setgroups takes them.
func (a Account) gids() []int {
	gids := []int{int(a.GID)}
	for _, gid := range a.Groups {
		gids = append(gids, int(gid))
	}
	return gids
}

// dropped looks at what the process has become, and tries the way back. All threads are alike: the calls
// that change them fail, or end the program, where one thread differs.
func dropped(a Account, ids bool, gain Gain) error {
	if r, e, s := unix.Getresuid(); uint32(r) != a.UID || uint32(e) != a.UID || uint32(s) != a.UID {
		return fmt.Errorf("its uids are %d, %d and %d", r, e, s)
	}
	if r, e, s := unix.Getresgid(); ids && (uint32(r) != a.GID || uint32(e) != a.GID || uint32(s) != a.GID) {
		return fmt.Errorf("its gids are %d, %d and %d", r, e, s)
	}
	if ids {
		have, err := syscall.Getgroups()
		want := a.gids()
		slices.Sort(have)
		slices.Sort(want)
		if err != nil || !slices.Equal(slices.Compact(have), slices.Compact(want)) {
			return fmt.Errorf("its groups are %v, not %v (%v)", have, want, err)
		}
	}
	sets, err := capabilities()
	if err != nil {
		return err
	}
	if sets != (capSets{}) {
		return fmt.Errorf("it kept capabilities %v", sets)
	}
	if on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); gain == NoGain && (err != nil || on != 1) {
		return fmt.Errorf("no_new_privs is not set (%v)", err)
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETUID, 0, 0, 0); errno == 0 {
		return fmt.Errorf("it can become root again")
	}
	return nil
}
