package setup

import (
	"os"
	"strings"
	"syscall"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
	"caduceus/internal/identity"
)

// remap gives hermes its new ids and groups, saves the accounts and sets j.hermes.
//
// contract: SETUP-02
func (j *job) remap(db *identity.DB) {
	r := identity.DecideRemap(j.Environ, j.hermes, j.volumeOwner())
	for _, line := range r.Ignored {
		j.warn("%s; it counts as not set (hermes is %d:%d)", line, j.hermes.UID, j.hermes.GID)
	}
	if r.Adopt && (r.UID != nil || r.GID != nil) {
		j.say("Adopting owner %s of %s", j.volumeOwner(), j.home)
	}
	changed := false
	if r.UID != nil {
		j.say("Changing hermes UID to %d", *r.UID)
		db.SetUID(identity.Hermes, *r.UID)
		changed = true
	}
	if r.GID != nil {
		j.say("Changing hermes GID to %d", *r.GID)
		db.SetGID(identity.Hermes, *r.GID)
		changed = true
	}
	for _, line := range j.joinGroups(db) {
		j.say("%s", line)
		changed = true
	}
	moved := db.SetHome(identity.Hermes, profile.Home(j.home).Root())
	switch {
	case changed:
		j.store(db)
	case moved:
		_ = db.Save() // HOME counts; where /etc is read-only, only ~hermes is left behind
	}
	if a, err := db.Account(identity.Hermes); err == nil {
		j.hermes = a
	}
}

// store saves the accounts: in /etc or, if that fails, in /run/hermes.
func (j *job) store(db *identity.DB) {
	err := db.Save()
	if err == nil {
		return
	}
	if fallbackErr := db.SaveFallback(); fallbackErr != nil {
		j.warn("%v; %v; hermes keeps its ids", err, fallbackErr)
		return
	}
	a, _ := db.Account(identity.Hermes)
	j.warn("%v; services use %s, but \"docker exec -u hermes\" gets the ids of the image", err, a.Spec())
	if len(a.Groups) > 0 {
		j.warn("slots that use the C s6-setuidgid lose the supplementary groups of hermes")
	}
}

// owner returns the owner of path, nil if it is missing.
func owner(path string) *identity.Owner {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return &identity.Owner{UID: st.Uid, GID: st.Gid}
}

// reportIgnored warns about variables that have no effect unless the container is started as root.
//
// contract: RUN-04
func (j *job) reportIgnored() {
	if names := ignored(j.Environ); len(names) > 0 {
		j.warn("%s ignored: the container was started as uid %d, and only a root start can change ids",
			strings.Join(names, ", "), j.start)
	}
}

// nameUser gives the uid that the container was started with an account where programs look for one, if it has none.
//
// contract: WHO-04
func (j *job) nameUser(db *identity.DB) {
	groups, err := os.Getgroups()
	if err != nil {
		groups = nil
	}
	gids := make([]uint32, len(groups))
	for i, gid := range groups {
		gids[i] = uint32(gid)
	}
	if !db.Describe(uint32(j.start), uint32(os.Getegid()), gids, j.home) {
		return
	}
	if err := db.SaveForPrograms(); err != nil {
		j.warn("uid %d has no account, and cannot be given one: %v; ssh and other programs will refuse to run", j.start, err)
	}
}

func ignored(environ env.Environ) []string {
	var names []string
	for _, v := range []env.Variable{env.UID, env.GID, env.PUID, env.PGID, env.AdoptVolumeOwner} {
		if environ.Value(v) != "" {
			names = append(names, v.String())
		}
	}
	return names
}
