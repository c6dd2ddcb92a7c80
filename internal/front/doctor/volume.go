package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/volumelock"
	"caduceus/internal/identity"
)

// volume looks at the volume as a whole: its owner and its room.
func volume(_ context.Context, c Container) []Finding {
	root := c.Home.Root()
	info, err := os.Stat(root)
	if err != nil {
		return one(root, err.Error(), "mount a volume there")
	}
	var found []Finding
	account, err := c.account()
	if err != nil {
		found = one("user "+identity.Hermes, err.Error(), "keep the image's /etc/passwd")
	} else if uid, ok := ownerOf(info); ok && uid != account.UID {
		found = one(root, "it does not belong to user hermes", "start as root, with HERMES_UID and HERMES_GID set to its owner's ids")
	}
	var disk unix.Statfs_t
	if unix.Statfs(root, &disk) == nil {
		if cause := lackOfRoom(disk); cause != "" {
			found = append(found, Finding{root, cause, "remove from it what is not needed, such as old logs, or give the volume more room"})
		}
	}
	return found
}

// sharedVolume looks for another container that lives on the volume.
//
// contract: RUN-10
func sharedVolume(_ context.Context, c Container) []Finding {
	root := c.Home.Root()
	if other, found := volumelock.Other(root, volumelock.Self()); found {
		return one(root, volumelock.Warning(root, other), "docker stop one of the containers, or mount another volume in it")
	}
	return nil
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
