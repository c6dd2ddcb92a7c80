package apt

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
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
	content, err := read(filepath.Join(dir, ListName))
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the list of packages: %w", err)
	}
	names, skipped = parseList(content)
	return names, skipped, nil
}

func read(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", nil
	case errors.Is(err, unix.ELOOP):
		return "", fmt.Errorf("%q is a symbolic link", path)
	case err != nil:
		return "", err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", errors.Join(err, fmt.Errorf("%q is not a regular file", path))
	}
	content, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err == nil && len(content) > maxList {
		err = fmt.Errorf("%q is larger than %d bytes", path, maxList)
	}
	return string(content), err
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
	content, err := read(filepath.Join(dir, ListName))
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

func replace(dir, content string) (err error) {
	f, err := os.CreateTemp(dir, ListName+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, ListName))
}
