package identity

import (
	"slices"
	"strings"
)

// SetUID sets the uid of an account. If other accounts have that uid, too, the line moves before theirs, so that the
// uid resolves to this name.
//
// contract: SETUP-07
func (d *DB) SetUID(name string, uid uint32) {
	i := d.user(name)
	if i < 0 {
		return
	}
	users := d.users.clone()
	users[i][colUID] = decimal(uid)
	first := slices.IndexFunc(users, func(fields []string) bool {
		id, _, ok := userIDs(fields)
		return ok && id == uid
	})
	line := users[i]
	users = slices.Insert(slices.Delete(users, i, i+1), first, line)
	d.users = users
}

// SetHome sets the home directory of an account, and reports whether that is another one than before. What no line of the
// file can hold is left out.
//
// contract: ENV-15
func (d *DB) SetHome(name, home string) bool {
	i := d.user(name)
	if i < 0 || len(d.users[i]) <= colHome || d.users[i][colHome] == home || strings.ContainsAny(home, ":\n") {
		return false
	}
	d.users = d.users.clone()
	d.users[i][colHome] = home
	return true
}

// SetGID sets the gid of an account and of the group with the account's name. Another group may have it, too.
//
// contract: SETUP-06
func (d *DB) SetGID(name string, gid uint32) {
	if i := d.user(name); i >= 0 {
		d.users = d.users.clone()
		d.users[i][colGID] = decimal(gid)
	}
	for i, fields := range d.groups {
		if _, ok := groupID(fields); ok && fields[colName] == name {
			d.groups = d.groups.clone()
			d.groups[i][colGroupGID] = decimal(gid)
			return
		}
	}
}

// Join makes an account a member of the group with this gid and returns the group's name. If no group has the gid,
// one is added with the name newGroup, followed by the gid if that name is taken. added is false if the account was in
// the group before, also if it is the primary group.
//
// contract: SETUP-31
func (d *DB) Join(name string, gid uint32, newGroup string) (group string, added bool) {
	i := d.group(gid)
	if i < 0 {
		group = newGroup
		if d.hasGroup(group) {
			group += decimal(gid)
		}
		d.groups = append(d.groups.clone(), []string{group, "x", decimal(gid), name})
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
		id, ok := groupID(fields)
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

// Describe gives a uid an account, and its groups a name, where they have none, so that programs find them. The account's
// name is hermes and the uid. It reports whether it has added anything.
//
// contract: WHO-04
func (d *DB) Describe(uid, gid uint32, groups []uint32, home string) (added bool) {
	known := slices.ContainsFunc(d.users, func(fields []string) bool {
		id, _, ok := userIDs(fields)
		return ok && id == uid
	})
	if !known {
		name := freeName(d.users, uid)
		if strings.ContainsAny(home, ":\n") {
			home = "/" // the file has no way to say it
		}
		d.users = append(d.users.clone(), []string{name, "x", decimal(uid), decimal(gid), "Hermes Agent", home, "/bin/bash"})
		added = true
	}
	for _, g := range append([]uint32{gid}, groups...) {
		if d.group(g) < 0 {
			d.groups = append(d.groups.clone(), []string{freeName(d.groups, g), "x", decimal(g), ""})
			added = true
		}
	}
	return added
}

// freeName returns a name for an id that no line of the table has.
func freeName(t Table, id uint32) string {
	name := Hermes + decimal(id)
	for slices.ContainsFunc(t, func(fields []string) bool { return fields[colName] == name }) {
		name += "_"
	}
	return name
}
