package setup

import (
	"path"
	"path/filepath"

	"caduceus/internal/held"
)

// volume is HERMES_HOME. Symbolic links below it are refused with held.ErrLink.
//
// contract: SETUP-15
type volume struct {
	*held.Dir

	path string // without the prefix Root, for messages
}

// openVolume opens home. If home is itself a symbolic link, follow decides: root must not follow it, because hermes may
// have made it.
func openVolume(root, home string, follow bool) (*volume, error) {
	name := filepath.Join("/", root, home)
	open := held.Open
	if !follow {
		open = openNoLink
	}
	d, err := open(name, held.RefuseLinks)
	if err != nil {
		return nil, err
	}
	return &volume{Dir: d, path: home}, nil
}

// openNoLink is held.Open, but fails with held.ErrLink if the directory is itself a link.
func openNoLink(name string, links held.Links) (*held.Dir, error) {
	parent, err := held.Open(filepath.Dir(name), links)
	if err != nil {
		return nil, err
	}
	defer func() { _ = parent.Close() }() // nothing was written
	return parent.Dir(filepath.Base(name))
}

// name returns the path of rel, for messages.
func (v *volume) name(rel string) string { return path.Join(v.path, rel) }

// create writes a new file. Callers may test fs.ErrExist.
func (v *volume) create(rel string, content []byte, mode uint32) error {
	return v.WriteFile(rel, content, held.Write{Mode: mode, New: true, Durable: true})
}

// replace writes a file in the place of the one that is there, if any.
func (v *volume) replace(rel string, content []byte, mode uint32) error {
	return v.WriteFile(rel, content, held.Write{Mode: mode, Durable: true})
}
