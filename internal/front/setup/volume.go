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

// openVolume opens home with the file rights of hermes: a link leads no further than hermes could go.
func openVolume(root, home string) (*volume, error) {
	d, err := held.Open(filepath.Join("/", root, home), held.RefuseLinks)
	if err != nil {
		return nil, err
	}
	return &volume{Dir: d, path: home}, nil
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
