package bootlog

import (
	"caduceus/internal/held"
)

// Files of a data directory.
const (
	Profiles = dir + "/container-boot.log" // contract: STATE-09
	Whole    = dir + "/boot.log"           // contract: BOOT-23
	dir      = "logs"
)

// Limit is the size in bytes from which on a file is renamed first (contract: STATE-11).
const Limit = 256 << 10

// Append adds text to a file of home in one write. The file may be a link, but not out of the volume.
func Append(home, file string, text []byte) error {
	d, err := held.Open(home, held.FollowWithin)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // nothing was written through it
	if made, err := d.MakeDir(dir, 0o755); err == nil && made {
		if err := d.Adopt(dir); err != nil {
			return err
		}
	}
	if st, err := d.Stat(file); err == nil && st.Size >= Limit {
		if err := d.Rename(file, file+".1"); err != nil {
			return err
		}
	}
	return d.Append(file, text, 0o644)
}
