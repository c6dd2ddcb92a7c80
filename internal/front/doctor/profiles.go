package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"caduceus/internal/front/profile"
)

// profileNames looks for directories that cannot be profiles.
func profileNames(_ context.Context, c Container) []Finding {
	if Closed(c.Home.Root()) != "" {
		return nil // closedHome says why nothing can be read there
	}
	var found []Finding
	_, warnings := c.Home.Names()
	for _, w := range warnings {
		found = append(found, Finding{"profiles", w, "rename or remove that directory"})
	}
	return found
}

// profiles looks at the files and the slot of each profile.
func profiles(_ context.Context, c Container) []Finding {
	if Closed(c.Home.Root()) != "" {
		return nil
	}
	var found []Finding
	names, _ := c.Home.Names()
	for _, name := range names {
		found = append(found, c.profile(name)...)
	}
	return found
}

func (c Container) profile(name string) []Finding {
	var found []Finding
	dir := c.Home.Dir(name)
	add := func(cause, fix string) { found = append(found, Finding{"profile " + name, cause, fix}) }
	if err := readable(filepath.Join(dir, ".env")); err != nil {
		add(err.Error(), "make it a file that belongs to user hermes, mode 600")
	}
	if _, err := profile.ReadConfig(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		add(err.Error(), "correct that file")
	}
	start := profile.CommandLine(name, "gateway start")
	if _, err := profile.ReadState(dir); err != nil {
		add(err.Error(), start+" writes it anew")
	}
	if _, err := profile.ReadIntent(dir); err != nil {
		add(err.Error(), start+" or stop writes it anew")
	}
	if c.Supervised && !c.Scandir.Has(name) {
		add("it has no gateway slot", "docker restart this container")
	}
	return found
}

// readable is why this user cannot read a file, or nil. A missing one is fine.
func readable(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a fifo must not hang it
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("cannot read %q: not a regular file", path)
	}
	return err
}
