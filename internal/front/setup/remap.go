package setup

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"caduceus/internal/env"
	"caduceus/internal/identity"
)

// remap gives hermes the ids and groups it is to have and leaves the result in j.hermes.
//
// contract: SETUP-02 to SETUP-09, SETUP-31 to SETUP-33
func (j *job) remap(db *identity.DB) {
	r := identity.DecideRemap(j.Environ, j.hermes, owner(j.real(j.home)))
	for _, line := range r.Ignored {
		j.warn("%s; it counts as not set (hermes is %d:%d)", line, j.hermes.UID, j.hermes.GID)
	}
	if r.Adopt && (r.UID != nil || r.GID != nil) {
		j.say("Adopting owner %s of %s", owner(j.real(j.home)), j.home)
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
	if changed {
		j.store(db)
	}
	if a, err := db.Account(identity.Hermes); err == nil {
		j.hermes = a
	}
}

// store saves the accounts, beside /etc if it cannot be written.
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

// owner is who path belongs to, nil if it cannot be told.
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

// reportIgnored names the variables that need root.
//
// contract: RUN-04
func (j *job) reportIgnored() {
	if names := ignored(j.Environ); len(names) > 0 {
		j.warn("%s ignored: the container was started as uid %d, and only a root start can change ids",
			strings.Join(names, ", "), j.start)
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

// notWritable says what to do about a volume that hermes cannot write.
//
// contract: SETUP-17
func (j *job) notWritable(err error) string {
	who := "unknown"
	o := owner(j.real(j.home))
	if o != nil {
		who = o.String()
	}
	line := fmt.Sprintf("uid %d cannot write %s (owner %s): %v. ", j.writer(), j.home, who, cause(err))
	if j.writer() == int(j.hermes.UID) {
		line = "hermes, " + line
	}
	switch {
	case isReadOnly(err):
		return line + "The volume is read-only: mount it without \":ro\"."
	case j.start != 0:
		return line + "Start the container with --user 0:0, or leave out the final USER of a derived image, so that it can be repaired."
	case o != nil && identity.ValidID(o.UID):
		return line + fmt.Sprintf("Set HERMES_UID=%d and HERMES_GID=%d, the owner of the volume.", o.UID, o.GID)
	}
	return line + "Set HERMES_UID and HERMES_GID to the ids that may write it."
}

// writer is the uid that writes the volume.
func (j *job) writer() int {
	if j.start != 0 {
		return j.start
	}
	return int(j.hermes.UID)
}
