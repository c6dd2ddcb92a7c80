package setup

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"caduceus/internal/identity"
)

// ownedTrees returns the directories of the volume that belong to hermes with all that is in them: first those that the
// contract promises, then those that the agent makes itself.
//
// contract: SETUP-10
func ownedTrees() []string {
	return []string{
		"cron", "sessions", "logs", "hooks", "memories", "skills", "skins", "plans", "workspace", "home",
		"profiles", "pairing", "platforms/pairing", "lazy-packages",
		"image_cache", "audio_cache", "cache", "state", "kanban", "platforms", "bin", "scripts", ".local",
		"whatsapp", "mcp-tokens", "plugins", "checkpoints", "sandboxes",
	}
}

// strictTrees returns the trees in which each boot gives everything to hermes, whoever owns it.
//
// contract: SETUP-12
func strictTrees() []string { return []string{"profiles", "cron", "pairing", "platforms/pairing"} }

// ownedFiles returns the files at the top of the volume that the agent writes.
//
// contract: SETUP-13
func ownedFiles() []string {
	return []string{
		"auth.json", "auth.lock", ".env", "state.db", "state.db-shm", "state.db-wal", "hermes_state.db",
		"response_store.db", "response_store.db-shm", "response_store.db-wal", "gateway.pid", "gateway.lock",
		"gateway_state.json", "processes.json", "active_profile",
	}
}

// misowned reports whether an entry of a tree is to be given to hermes. With all, that is every entry of another owner:
// in a strict tree, or if the volume itself had an owner that was never hermes. Without, only root's: any other owner was the operator's
// choice.
//
// contract: SETUP-14
func misowned(uid, hermes uint32, all bool) bool { return uid != hermes && (all || uid == 0) }

// lookLimit is how long root looks through the volume without finding anything to repair. Hermes can fill it with files.
func (j *job) lookLimit() time.Duration { return cmp.Or(j.LookLimit, time.Minute) }

// repairTrees gives hermes what is in its trees, and its files. With all, everything in the trees, whoever owns it.
func (r *repair) repairTrees(all bool) {
	for _, tree := range ownedTrees() {
		r.tree(tree, all || slices.Contains(strictTrees(), tree))
	}
	for _, file := range ownedFiles() {
		r.file("chown", file)
	}
	for _, file := range []string{".env", "config.yaml"} {
		r.file("chown/chmod", file)
	}
}

// keepHint returns how the operator can keep the present owner instead, "" if hermes cannot have that uid.
func keepHint(uid uint32) string {
	if !identity.ValidID(uid) {
		return ""
	}
	return fmt.Sprintf("; to keep the present owner set HERMES_UID=%d or HERMES_ADOPT_VOLUME_OWNER=1", uid)
}
