package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"caduceus/internal/identity"

	"caduceus/internal/held"
)

// trees are the directories below H that belong to hermes with all that is in them: those the
// operator is promised, then those the agent makes itself.
//
// contract: SETUP-10
func trees() []string {
	return []string{
		"cron", "sessions", "logs", "hooks", "memories", "skills", "skins", "plans", "workspace", "home",
		"profiles", "pairing", "platforms/pairing", "lazy-packages",
		"image_cache", "audio_cache", "cache", "state", "kanban", "platforms", "bin", "scripts", ".local",
		"whatsapp", "mcp-tokens", "plugins", "checkpoints", "sandboxes",
	}
}

// strict are the trees in which no other owner is left at any boot.
//
// contract: SETUP-12
func strict() []string { return []string{"profiles", "cron", "pairing", "platforms/pairing"} }

// files are those of H's top level that the agent writes.
//
// contract: SETUP-13
func files() []string {
	return []string{
		"auth.json", "auth.lock", ".env", "state.db", "state.db-shm", "state.db-wal", "hermes_state.db",
		"response_store.db", "response_store.db-shm", "response_store.db-wal", "gateway.pid", "gateway.lock",
		"gateway_state.json", "processes.json", "active_profile",
	}
}

// misowned says whether an entry of a tree changes hands. Where H itself was foreign, or in a strict
// tree, everything foreign does; elsewhere what root left behind, and no more: another owner there
// was somebody's choice.
//
// contract: SETUP-10, SETUP-12, SETUP-14
func misowned(uid, hermes uint32, all bool) bool { return uid != hermes && (all || uid == 0) }

// repairOwnership gives H, its trees and its files to hermes.
func (j *job) repairOwnership(ctx context.Context, v *volume) error {
	st, err := v.Stat(".")
	if err == nil && st.Uid != j.hermes.UID {
		j.say("Fixing ownership of %s (targeted) to hermes (%d)%s", j.home, j.hermes.UID, keepHint(st.Uid))
		j.own(v, "chown", ".")
	}
	foreign := st.Uid != j.hermes.UID
	if err == nil {
		_, err = v.Stat(".env")
	}
	if errors.Is(err, unix.EACCES) {
		j.warn("cannot look into %s as root: capability DAC_OVERRIDE is missing — continuing", j.home)
		return nil
	}
	for _, tree := range trees() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		j.ownTree(v, tree, foreign || slices.Contains(strict(), tree))
	}
	for _, file := range files() {
		j.own(v, "chown", file)
	}
	for _, file := range []string{".env", "config.yaml"} {
		j.own(v, "chown/chmod", file)
	}
	return nil
}

// keepHint tells an operator how to keep the present owner instead.
func keepHint(uid uint32) string {
	if !identity.ValidID(uid) {
		return ""
	}
	return fmt.Sprintf("; to keep the present owner set HERMES_UID=%d or HERMES_ADOPT_VOLUME_OWNER=1", uid)
}

// own gives one entry to hermes, if it is there and somebody else's.
func (j *job) own(v *volume, action, rel string) {
	st, err := v.Stat(rel)
	switch {
	case errors.Is(err, held.ErrLink):
		j.refuse(action, v.name(rel))
		return
	case err != nil || st.Uid == j.hermes.UID:
		return
	}
	if err := v.Chown(rel, int(j.hermes.UID), int(j.hermes.GID)); err != nil {
		j.warn("chown of %s (%v) failed (rootless container?) — continuing", v.name(rel), cause(err))
	}
}

// ownTree gives a directory and what is in it to hermes. The first refusal is reported, once a tree.
func (j *job) ownTree(v *volume, rel string, all bool) {
	var first error
	err := v.Walk(rel, func(st unix.Stat_t) bool { return misowned(st.Uid, j.hermes.UID, all) }, func(e held.Entry) error {
		if err := e.Chown(int(j.hermes.UID), int(j.hermes.GID)); first == nil {
			first = err
		}
		return nil
	})
	switch {
	case errors.Is(err, held.ErrLink):
		j.refuse("recursive chown", v.name(rel))
	case errors.Is(err, unix.ENOENT):
	case first != nil:
		j.warn("recursive chown of %s (%v) failed (rootless container?) — continuing", v.name(rel), first)
	case err != nil:
		j.warn("recursive chown of %s: %v — continuing", v.name(rel), cause(err))
	}
}
