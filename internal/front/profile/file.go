package profile

import (
	"caduceus/internal/held"
)

// readFile reads a regular file of a profile's directory. A link may not lead out of it: the directory
// belongs to a less privileged user than a booting init may be.
func readFile(dir, name string) ([]byte, error) { return readHead(dir, name, maxState) }

// maxState is the largest file of a profile's state that is read, in bytes.
const maxState = 1 << 20

// readHead is readFile of at most limit bytes.
func readHead(dir, name string, limit int) ([]byte, error) {
	d, err := held.Open(dir, held.FollowWithin)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // nothing was written
	b, err := d.ReadHead(name, limit)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// writeFile puts data in place of dir's file name. A link of that name is replaced, not followed. Root's file gets
// the owner of dir. It never makes dir.
func writeFile(dir, name string, data []byte) error {
	d, err := held.Open(dir, held.FollowWithin)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // nothing was written through it
	return d.WriteFile(name, data, held.Write{Mode: 0o644, Durable: true, Adopt: true})
}
