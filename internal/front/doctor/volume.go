package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/mounts"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// readOnlyVolume looks for a volume that nobody can write.
//
// contract: SETUP-17
func readOnlyVolume(_ context.Context, c Container) []Finding {
	root := c.Home.Root()
	if !readOnly(root) {
		return nil
	}
	return one(root, "it is mounted read-only: the agent can keep nothing, and no boot repairs anything there", readWrite(c, root))
}

// readOnly reports whether path is on a read-only mount or file system.
func readOnly(path string) bool {
	var disk unix.Statfs_t
	return unix.Statfs(path, &disk) == nil && disk.Flags&unix.ST_RDONLY != 0
}

// volume looks at the volume as a whole: its owner and its room.
func volume(_ context.Context, c Container) []Finding {
	root := c.Home.Root()
	var disk unix.Statfs_t
	if err := unix.Statfs(root, &disk); err != nil {
		if c.NoBoot || Closed(root) != "" {
			return nil // the boot makes it, or closedHome names it
		}
		return one(root, (&os.PathError{Op: "stat", Path: root, Err: err}).Error(), "mount a volume there")
	}
	if readOnly(root) {
		return nil // owner and room do not matter
	}
	var found []Finding
	if cause, fix := c.foreign(root); cause != "" {
		found = one(root, cause, fix)
	}
	if cause := lackOfRoom(disk); cause != "" {
		found = append(found, Finding{root, cause, "remove from it what is not needed, such as old logs, or give the volume more room"})
	}
	return found
}

// readWrite is what makes a read-only mount one that can be written.
func readWrite(c Container, root string) string {
	m := mounts.Of(c.Mounts, root)
	if m.Point == "/" || m.Point == "" {
		return fmt.Sprintf("docker run -v ~/.hermes:%s beside --read-only", root)
	}
	return fmt.Sprintf("docker run -v %s:%s without :ro; if it has none, the file system of the host is read-only: dmesg there says why",
		m.Named(), mounts.Word(m.Point))
}

// account looks for the user that the agent runs as.
func account(_ context.Context, c Container) []Finding {
	if _, err := c.account(); err != nil {
		return one("user "+identity.Hermes, err.Error(), "keep the image's /etc/passwd")
	}
	return nil
}

// foreign is why the volume is not hermes' own, and what mends it; "" if it is, or if a boot will see to that.
func (c Container) foreign(root string) (cause, fix string) {
	info, err := os.Stat(root)
	if err != nil {
		return "", "" // Statfs could look at it: it has gone meanwhile
	}
	hermes, err := c.account()
	uid, ok := ownerOf(info)
	switch {
	case err != nil, !ok, uid == hermes.UID:
		return "", ""
	case c.NoBoot && c.UID == 0 && c.may(unix.CAP_CHOWN):
		return "", ""
	}
	return fmt.Sprintf("it does not belong to user hermes: its owner is uid %d, and hermes is %d", uid, hermes.UID),
		"start as root, with HERMES_UID and HERMES_GID set to its owner's ids"
}

// sharedVolume looks who has the gateways of the volume: another container, or this one without a lock.
//
// contract: HOLD-02
func sharedVolume(_ context.Context, c Container) []Finding {
	root := c.Home.Root()
	dir, err := held.Open(root, held.RefuseLinks)
	if err != nil {
		return nil // volume has said so
	}
	defer func() { _ = dir.Close() }() // nothing was written
	other, found := volumelock.HolderOf(dir)
	ours := (volumelock.Service{Root: c.Root}).Ready() // the lock may not say whose it is, as the disk was full
	switch {
	case !found && len(c.Gateways) > 0:
		return one(root, "its gateways run here, and it is not held for this container: another one could also run them",
			"look for the reason in docker logs: make room, or use a file system with locks; then docker restart this container")
	case !found, other.Container == volumelock.Self(), ours && other.Container == volumelock.Container{}:
		return nil
	}
	cause := "it is in use by another running container, " + other.String()
	if other.Trusted {
		cause += ", which runs its gateways"
	}
	return one(root, cause, fmt.Sprintf("docker exec %s hermes gateway status; to run them here, docker stop %[1]s, or mount another volume", other.Name()))
}

// lackOfRoom is why a disk has no room for what the agent writes, or "".
func lackOfRoom(disk unix.Statfs_t) string {
	const enough = 16 << 20 // bytes: a gateway's session and log files for a while
	if free := disk.Bavail * uint64(disk.Bsize); free < enough {
		return fmt.Sprintf("its disk is full: %d KiB are free", free>>10)
	}
	if disk.Files > 0 && disk.Ffree == 0 { // some file systems count none
		return "its disk has no inode left for a new file"
	}
	return ""
}

// ownerOf is the uid that owns a file.
func ownerOf(info fs.FileInfo) (uint32, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}
