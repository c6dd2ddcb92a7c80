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

// ListName is the name of the list in the volume: one package a line. Hermes owns it and may write anything there.
const ListName = ".apt-packages"

// Bounds of the list.
const (
	maxList  = 64 << 10
	maxKnown = 512
)

// ReadList reads the list in dir: its valid names, each once, in their order. skipped are the other lines. A missing
// list is empty. Anything but a regular file, a symbolic link too, is an error.
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

// read returns the text of the list, "" if it is missing.
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

// AddToList adds names at the end of the list in dir, unless they are there, and returns those that it added. The list is
// replaced as a whole or not at all. Call it with the file rights of hermes.
//
// contract: TOOL-15
func AddToList(dir string, names []string) (added []string, err error) {
	content, err := read(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot list packages: %w", err)
	}
	known, _ := parseList(content)
	if content != "" && !strings.HasSuffix(content, "\n") {
		content += "\n"
	}
	for _, name := range names {
		if !slices.Contains(known, name) && !slices.Contains(added, name) {
			added = append(added, name)
			content += name + "\n"
		}
	}
	switch {
	case len(added) == 0:
		return nil, nil
	case len(known)+len(added) > maxKnown, len(content) > maxList:
		return nil, fmt.Errorf("cannot list packages: %q is full", filepath.Join(dir, ListName))
	}
	if err := replace(dir, content); err != nil {
		return nil, fmt.Errorf("cannot list packages: %w", err)
	}
	return added, nil
}

// TakeFromList removes the lines of names from the list in dir. Call it as AddToList.
//
// contract: TOOL-15
func TakeFromList(dir string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	content, err := read(dir)
	if err != nil {
		return fmt.Errorf("cannot list packages: %w", err)
	}
	var kept strings.Builder
	for line := range strings.Lines(content) {
		if !slices.Contains(names, strings.TrimSuffix(line, "\n")) {
			kept.WriteString(line)
		}
	}
	if err := replace(dir, kept.String()); err != nil {
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
