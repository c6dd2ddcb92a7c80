package identity

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
)

// Hermes is the name of the user that runs the agent, and of its group.
const Hermes = "hermes"

// ErrUnknown is wrapped by Lookup's error when no account has the name.
var ErrUnknown = errors.New("no such account")

// Account is one line of passwd, with the account's groups.
type Account struct {
	Name   string
	UID    uint32
	GID    uint32
	Home   string
	Groups []uint32 // supplementary gids, in the order of the group file, without GID

	// Fallback reports whether the ids come from /run/hermes: those in /etc/passwd may be others.
	Fallback bool
}

// Spec returns the account as an argument for programs that read /etc/passwd, such as s6-setuidgid: its name, or
// UID:GID where that file may have other ids.
//
// contract: SETUP-09
func (a Account) Spec() string {
	if a.Fallback {
		return decimal(a.UID) + ":" + decimal(a.GID)
	}
	return a.Name
}

// Credential returns the ids and groups for a child process.
func (a Account) Credential() *syscall.Credential {
	return &syscall.Credential{Uid: a.UID, Gid: a.GID, Groups: append([]uint32{a.GID}, a.Groups...)}
}

// Lookup finds an account in the files below root ("" is /). The error wraps ErrUnknown if there is none.
func Lookup(root, name string) (Account, error) {
	db, err := Open(root)
	if err != nil {
		return Account{}, err
	}
	return db.Account(name)
}

// Account finds an account. Of several lines with that name the first one counts, as in the C library.
func (d *DB) Account(name string) (Account, error) {
	i := d.user(name)
	if i < 0 {
		return Account{}, fmt.Errorf("cannot find account %q: %w", name, ErrUnknown)
	}
	fields := d.users[i]
	uid, gid, _ := userIDs(fields)
	return Account{
		Name:     name,
		UID:      uid,
		GID:      gid,
		Home:     fields[colHome],
		Groups:   d.memberships(name, gid),
		Fallback: d.fallback,
	}, nil
}

func (d *DB) user(name string) int {
	return slices.IndexFunc(d.users, func(fields []string) bool {
		_, _, ok := userIDs(fields)
		return ok && fields[colName] == name
	})
}

func (d *DB) memberships(name string, primary uint32) []uint32 {
	var gids []uint32
	for _, fields := range d.groups {
		gid, ok := groupID(fields)
		if ok && gid != primary && slices.Contains(members(fields), name) && !slices.Contains(gids, gid) {
			gids = append(gids, gid)
		}
	}
	return gids
}
