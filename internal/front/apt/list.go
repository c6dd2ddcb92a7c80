package apt

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/held"
)

// ListName is the list's name in the volume: one package a line. It belongs to hermes, who may edit it,
// so that nothing in it is believed.
const ListName = ".apt-packages"

// Bounds of the list.
const (
	maxList  = 64 << 10
	maxKnown = 512
)

// ReadList reads the list of dir: valid names, each once, in order. The lines left out are in skipped.
// No list is an empty one. A symbolic link is an error, and so is anything else but a file.
//
// contract: TOOL-15
func ReadList(dir string) (names, skipped []string, err error) {
	content, err := read(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the list of packages: %w", err)
	}
	names, skipped = parseList(content)
	return names, skipped, nil
}

// read is the list's text; "" where there is none.
func read(dir string) (string, error) {
	d, err := held.Open(dir, held.RefuseLinks)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = d.Close() }() // nothing was written
	content, err := d.ReadHead(ListName, maxList)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return string(content), nil
}

func parseList(content string) (names, skipped []string) {
	for line := range strings.Lines(content) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "", line[0] == '#', slices.Contains(names, line):
		case CheckName(line) != nil, len(names) == maxKnown:
			skipped = append(skipped, quote(line))
		default:
			names = append(names, line)
		}
	}
	return names, skipped
}

// AddToList adds names to the list of dir, below what is there. The list is replaced as a whole or not
// at all. It has to be called with the file rights of hermes.
//
// contract: TOOL-15
func AddToList(dir string, names []string) error {
	content, err := read(dir)
	if err != nil {
		return fmt.Errorf("cannot list packages: %w", err)
	}
	known, _ := parseList(content)
	if content != "" && !strings.HasSuffix(content, "\n") {
		content += "\n"
	}
	before := len(known)
	for _, name := range names {
		if !slices.Contains(known, name) {
			known = append(known, name)
			content += name + "\n"
		}
	}
	switch {
	case len(known) == before:
		return nil
	case len(known) > maxKnown, len(content) > maxList:
		return fmt.Errorf("cannot list packages: %q is full", filepath.Join(dir, ListName))
	}
	if err := replace(dir, content); err != nil {
		return fmt.Errorf("cannot list packages: %w", err)
	}
	return nil
}

func replace(dir, content string) error {
	d, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // nothing was written through it
	return d.WriteFile(ListName, []byte(content), held.Write{Mode: 0o644, Durable: true})
}
