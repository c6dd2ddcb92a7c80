package volumelock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
)

// File is the name of the lock at the volume's root.
const File = ".container.lock"

// maxFile bounds what is read of the lock; its content is a line.
const maxFile = 4 << 10

// Container is a container, by what the processes in it can find out.
type Container struct {
	Hostname string `json:"hostname"`
	Boot     string `json:"boot_id"`         // of the kernel
	Mounts   string `json:"mount_namespace"` // docker exec shares it, each start has a new one
}

// Self is the container that this process runs in. What cannot be found out is "".
func Self() Container {
	name, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	mounts, _ := os.Readlink("/proc/self/ns/mnt")
	return Container{Hostname: name, Boot: strings.TrimSpace(string(boot)), Mounts: mounts}
}

// Other is the container, not self, that holds the volume at dir; false if there is none, or if
// nobody can know. The lock is looked at, not taken.
//
// contract: RUN-10
func Other(dir string, self Container) (Container, bool) {
	d, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return Container{}, false
	}
	defer func() { _ = d.Close() }() // nothing was written
	f, err := d.Open(File, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return Container{}, false
	}
	defer func() { _ = f.Close() }()
	if !held.Locked(f) {
		return Container{}, false
	}
	var holder Container
	content, _ := io.ReadAll(io.LimitReader(f, maxFile))
	_ = json.Unmarshal(content, &holder) // a holder that could not write is nobody's self
	return holder, holder != self
}

// Take takes the volume for self and keeps it until the file is closed, or the process dies. The
// error is held.ErrBusy if it is taken. It follows no symlink in the lock's place.
func Take(dir string, self Container) (*os.File, error) {
	d, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // the file is what is kept
	f, err := d.Lock(File, 0o644)
	if err != nil {
		return nil, err
	}
	var line bytes.Buffer
	if err := json.NewEncoder(&line).Encode(self); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// The lock counts, whatever becomes of the line: a full disk only hides the hostname.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt(line.Bytes(), 0)
	}
	return f, nil
}

// Warning is the line about a volume that another container uses.
//
// contract: RUN-10
func Warning(home string, other Container) string {
	name := other.Hostname
	if name == "" {
		name = "unknown"
	}
	return fmt.Sprintf("%s is in use by another running container, hostname %q: two gateways on one volume damage "+
		"its sessions and memories; stop one of the containers, or give each a volume of its own", home, name)
}
