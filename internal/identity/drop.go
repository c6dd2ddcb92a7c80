package identity

import (
	"fmt"
	"syscall"
)

// Drop makes this process run as a, for good: groups, gid and uid of every thread. If it runs with the uid of a
// already, nothing changes. If it runs with another uid than root's, Drop fails.
//
// contract: CMD-05
func Drop(a Account) error {
	if uid := syscall.Geteuid(); uid != 0 {
		if uint32(uid) == a.UID {
			return nil
		}
		return fmt.Errorf("cannot become %q (%d): running as uid %d, not root", a.Name, a.UID, uid)
	}
	groups := []int{int(a.GID)}
	for _, gid := range a.Groups {
		groups = append(groups, int(gid))
	}
	if err := syscall.Setgroups(groups); err != nil {
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
