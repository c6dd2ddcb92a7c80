package setup

import (
	"errors"
	"io/fs"
	"path/filepath"

	"caduceus/internal/front/inherit"
	"caduceus/internal/front/profile"
	"caduceus/internal/identity"
)

// findOwnProfile writes down which profile the container's variables belong to.
//
// contract: INH-01
func (j *job) findOwnProfile() {
	j.own = profile.Default
	if j.OwnProfile == nil {
		return
	}
	home := profile.Home(j.home)
	if err := identity.As(j.hermes, func() { j.own = j.OwnProfile(home) }); err != nil {
		j.warn("%v", err)
		return
	}
	if err := inherit.Remember(j.Root, home, j.own); err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("%v; each profile gets all variables of the container", err)
	}
}

// ownDir returns the directory of the container's own profile, from the volume's.
func (j *job) ownDir() string {
	home := profile.Home(j.home)
	rel, err := filepath.Rel(home.Root(), home.Dir(j.own))
	if err != nil {
		return "."
	}
	return rel
}
