package bootrecord

import (
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/record"
)

// maxSize is many times what a record has.
const maxSize = 4096

// ErrNotTrusted is wrapped where somebody else than its owner can have written the record.
var ErrNotTrusted = errors.New("others can have written it")

// Read returns the record of dir and who owns it, file and directory alike. The error is ErrNotTrusted where
// somebody else could write either; callers may test it and fs.ErrNotExist.
func Read(dir string) (b record.Boot, owner uint32, err error) {
	d, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return b, 0, err
	}
	defer func() { _ = d.Close() }() // it was read only
	owner, _, shared, err := d.Owner()
	if err != nil {
		return b, 0, err
	}
	if shared {
		return b, 0, fmt.Errorf("cannot use %q: %w", dir, ErrNotTrusted)
	}
	st, err := d.Lstat(record.Name)
	if err != nil {
		return b, 0, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Uid != owner || st.Mode&0o022 != 0 || st.Nlink != 1 {
		return b, 0, fmt.Errorf("cannot use %q in %q: %w", record.Name, dir, ErrNotTrusted)
	}
	// Whoever could exchange it now owns the directory, and is its owner anyway.
	content, err := d.ReadHead(record.Name, maxSize)
	if err != nil {
		return b, 0, err
	}
	if err := json.Unmarshal(content, &b); err != nil {
		return b, 0, fmt.Errorf("cannot parse %q in %q: %w", record.Name, dir, err)
	}
	if b.Schema != record.Schema {
		return b, 0, fmt.Errorf("cannot use %q in %q: schema is %q, not %q", record.Name, dir, b.Schema, record.Schema)
	}
	return b, owner, nil
}
