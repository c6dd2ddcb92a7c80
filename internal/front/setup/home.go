package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/place"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// chooseHome sets j.home, and as root j.trail: the way to the directory that root works on. That is the root of
// home, as hermes can exchange what is below it. A HERMES_HOME that is refused is replaced by the default. If that is
// refused, too, root leaves the volume alone.
//
// contract: ENV-14
func (j *job) chooseHome() {
	home, notice := profile.ParseHome(j.Environ)
	if notice != "" {
		j.warn("%s", notice)
	}
	j.home = string(home)
	refused := ""
	if j.start == 0 {
		refused = j.findHome(home)
	}
	j.keepRefused(refused)
	if j.Environ.Value(env.Home) != j.home { // also if it is empty: the agent would then use another directory
		j.export(env.Home, j.home)
	}
}

// findHome sets j.trail. It returns the value of HERMES_HOME if that is refused, and then takes the default.
func (j *job) findHome(home profile.Home) (refused string) {
	trail, err := place.OfHome(j.Root, home, j.hermes.UID)
	fallback := profile.Home(env.Home.Default())
	if err != nil && home.Root() != string(fallback) {
		j.warn("%s=%s is refused: %v; using %s", env.Home, env.Shown(j.home), err, fallback)
		refused = j.Environ.Value(env.Home)
		home, j.home = fallback, string(fallback)
		trail, err = place.OfHome(j.Root, home, j.hermes.UID)
	}
	if err != nil {
		j.warn("root leaves %s as it is, ownership included: %v", home.Root(), err)
		return refused
	}
	j.trail = &trail
	return refused
}

// keepRefused leaves the refused value for "docker exec", whose programs get it from the engine.
func (j *job) keepRefused(value string) {
	path := j.inRoot(profile.RefusedHome)
	var err error
	if value == "" {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, []byte(value), 0o644)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && j.start == 0 {
		j.warn("%v", err)
	}
}

// volumeOwner returns the owner of the directory that root works on, nil if it is missing.
func (j *job) volumeOwner() *identity.Owner {
	if j.trail == nil {
		return owner(j.inRoot(j.home)) // as hermes would find it: root changes nothing there
	}
	if j.trail.Missing != "" {
		return nil
	}
	uid, gid, _, err := j.trail.Dir.Owner()
	if err != nil {
		return nil
	}
	return &identity.Owner{UID: uid, GID: gid}
}

// openAnchor makes the directory that root works on, if it is missing, and gives it to hermes; its parents stay
// root's. The volume is its mount alone.
//
// contract: ENV-08
func (j *job) openAnchor() (*volume, error) {
	dir := j.trail.Dir
	if missing := j.trail.Missing; missing != "" {
		err := dir.MakeDirs(missing, 0o755)
		if err == nil {
			err = dir.Chown(missing, int(j.hermes.UID), int(j.hermes.GID))
		}
		if err != nil {
			return nil, fmt.Errorf("cannot create %q: %w", j.trail.Path, cause(err))
		}
		made, err := dir.Dir(missing)
		if err != nil {
			return nil, err
		}
		_ = dir.Close()
		dir, j.trail.Dir, j.trail.Missing = made, made, ""
	}
	one, err := dir.OneMount()
	if err != nil {
		return nil, err
	}
	return &volume{Dir: one, path: profile.Home(j.home).Root()}, nil
}

// makeHome creates home and its parents, if home is missing, with the file rights of hermes: for root, openAnchor has
// made what hermes cannot.
func (j *job) makeHome() {
	if _, err := os.Lstat(j.inRoot(j.home)); err == nil {
		return
	}
	root, err := held.Open(j.inRoot("/"), held.FollowAll)
	if err == nil {
		err = root.MakeDirs(strings.TrimPrefix(filepath.Clean(j.home), "/"), 0o755)
		_ = root.Close()
	}
	if err != nil {
		j.warn("cannot create %q: %v", j.home, cause(err))
	}
}
