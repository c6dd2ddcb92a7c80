package setup

import (
	"path"
	"path/filepath"

	"caduceus/internal/held"
)

// volume is H, held. Names below it are relative, with slashes; a symlink at any place of them is
// held.ErrLink.
//
// contract: SETUP-15
type volume struct {
	*held.Dir

	path string // as the user knows it, for messages
}

// openVolume opens H. Root must not be led elsewhere by a symlink in H's place (follow false); with
// the rights of hermes there is nothing to gain by one.
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

// openNoLink is held.Open of a directory that is no link itself.
func openNoLink(name string, links held.Links) (*held.Dir, error) {
	parent, err := held.Open(filepath.Dir(name), links)
	if err != nil {
		return nil, err
	}
	defer func() { _ = parent.Close() }() // nothing was written
	return parent.Dir(filepath.Base(name))
}

// name is rel as the user knows it.
func (v *volume) name(rel string) string { return path.Join(v.path, rel) }

// create writes a new file; fs.ErrExist if there is anything of that name.
func (v *volume) create(rel string, content []byte, mode uint32) error {
	return v.WriteFile(rel, content, held.Write{Mode: mode, New: true, Durable: true})
}

// replace writes a file, over the one that is there.
func (v *volume) replace(rel string, content []byte, mode uint32) error {
	return v.WriteFile(rel, content, held.Write{Mode: mode, Durable: true})
}
