package identity

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
)

// Hermes is the name of the runtime user and of its group.
const Hermes = "hermes"

// ErrUnknown is wrapped by Lookup's error when no account has the name.
var ErrUnknown = errors.New("no such account")

// Account is one user as the image's programs see it.
type Account struct {
	Name   string
	UID    uint32
	GID    uint32
	Home   string
	Groups []uint32 // supplementary gids, in the order of the group file, without GID

	// Detached says that /etc/passwd does not show these ids (it could not be written).
	Detached bool
}

// Spec is how programs of the C library, such as s6-setuidgid, are told to become the account:
// by name, or as UID:GID when /etc/passwd would give them other ids.
//
// contract: SETUP-09
func (a Account) Spec() string {
	if a.Detached {
		return format(a.UID) + ":" + format(a.GID)
	}
	return a.Name
}

// Credential is the account as a child gets it.
func (a Account) Credential() *syscall.Credential {
	return &syscall.Credential{Uid: a.UID, Gid: a.GID, Groups: append([]uint32{a.GID}, a.Groups...)}
}

// Lookup finds name in the account files below root ("" is the real root). An error wraps
// ErrUnknown, or the cause why a file cannot be read.
func Lookup(root, name string) (Account, error) {
	db, err := Open(root)
	if err != nil {
		return Account{}, err
	}
	return db.Account(name)
}

// Account finds name; the first matching line counts, as in the C library.
func (d *DB) Account(name string) (Account, error) {
	i := d.user(name)
	if i < 0 {
		return Account{}, fmt.Errorf("cannot find account %q: %w", name, ErrUnknown)
	}
	fields := d.users[i]
	uid, gid, _ := isUser(fields)
	return Account{
		Name:     name,
		UID:      uid,
		GID:      gid,
		Home:     fields[colHome],
		Groups:   d.memberships(name, gid),
		Detached: d.detached,
	}, nil
}

func (d *DB) user(name string) int {
	return slices.IndexFunc(d.users, func(fields []string) bool {
		_, _, ok := isUser(fields)
		return ok && fields[colName] == name
	})
}

func (d *DB) memberships(name string, primary uint32) []uint32 {
	var gids []uint32
	for _, fields := range d.groups {
		gid, ok := isGroup(fields)
		if ok && gid != primary && slices.Contains(members(fields), name) && !slices.Contains(gids, gid) {
			gids = append(gids, gid)
		}
	}
	return gids
}
