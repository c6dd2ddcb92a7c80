package identity

import (
	"slices"
	"strings"
)

// SetUID gives the account a uid. The uid may belong to other accounts already: the line then moves
// before theirs, so that the uid resolves to this name.
//
// contract: SETUP-07
func (d *DB) SetUID(name string, uid uint32) {
	i := d.user(name)
	if i < 0 {
		return
	}
	users := d.users.clone()
	users[i][colUID] = format(uid)
	first := slices.IndexFunc(users, func(fields []string) bool {
		id, _, ok := isUser(fields)
		return ok && id == uid
	})
	line := users[i]
	users = slices.Insert(slices.Delete(users, i, i+1), first, line)
	d.users = users
}

// SetGID gives the account's own group (the one of its name) and the account a gid. Another group
// may have it already; the gid is then shared.
//
// contract: SETUP-06
func (d *DB) SetGID(name string, gid uint32) {
	if i := d.user(name); i >= 0 {
		d.users = d.users.clone()
		d.users[i][colGID] = format(gid)
	}
	for i, fields := range d.groups {
		if _, ok := isGroup(fields); ok && fields[colName] == name {
			d.groups = d.groups.clone()
			d.groups[i][colGroupGID] = format(gid)
			return
		}
	}
}

// Join makes the account a member of the group with this gid and says its name. A gid without a
// group gets one named fallback (with the gid appended if that name is taken). Added is false when
// the account was in it before, also as its primary group.
//
// contract: SETUP-31, SETUP-33
func (d *DB) Join(name string, gid uint32, fallback string) (group string, added bool) {
	i := d.group(gid)
	if i < 0 {
		group = fallback
		if d.hasGroup(group) {
			group += format(gid)
		}
		d.groups = append(d.groups.clone(), []string{group, "x", format(gid), name})
		return group, true
	}
	group = d.groups[i][colName]
	if d.inGroup(name, gid) {
		return group, false
	}
	d.groups = d.groups.clone()
	d.groups[i][colMembers] = strings.Join(append(members(d.groups[i]), name), ",")
	return group, true
}

func (d *DB) group(gid uint32) int {
	return slices.IndexFunc(d.groups, func(fields []string) bool {
		id, ok := isGroup(fields)
		return ok && id == gid
	})
}

func (d *DB) hasGroup(name string) bool {
	return slices.ContainsFunc(d.groups, func(fields []string) bool { return fields[colName] == name })
}

func (d *DB) inGroup(name string, gid uint32) bool {
	a, err := d.Account(name)
	return err == nil && (a.GID == gid || slices.Contains(a.Groups, gid))
}
