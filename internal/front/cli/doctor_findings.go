package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
)

// findImage looks at what supervises, what is supervised, and where they live.
func (a *app) findImage(add adder) {
	if !a.initRuns() {
		add("init", "nothing supervises "+a.scandir.Path, "start the container with the image's own entry point")
	} else {
		for _, p := range a.supervisors() {
			add(p.Object, p.Cause, p.Fix)
		}
	}
	if err := launch.Executable(a.path(agentPath)); err != nil {
		add(agentPath, err.Error(), "use an image whose agent is complete")
	}
	if _, notice := profile.HomeOf(a.Root, a.Environ); notice != "" {
		add(env.Home.String(), notice, "set an absolute path that is not the system's")
	}
}

// findVariables looks for variables that do not mean what somebody meant.
//
// contract: ENV-11
func (a *app) findVariables(add adder) {
	for _, name := range a.Environ.Miscased() {
		add(name, "nobody reads it: names of variables are upper case", "docker run -e "+strings.ToUpper(name)+"=…")
	}
	for _, v := range env.Switches() {
		if value := a.Environ.Value(v); !v.Yes(value) && !env.No(value) {
			add(v.String(), env.Shown(value)+" is neither true nor false; it counts as false", "docker run -e "+v.String()+"=1, or =0")
		}
	}
}

// findVolume looks at the volume as a whole: its owner, its room, and who else lives on it.
//
// contract: RUN-10
func (a *app) findVolume(add adder) {
	root := a.home.Root()
	info, err := os.Stat(root)
	if err != nil {
		add(root, err.Error(), "mount a volume there")
		return
	}
	account, err := a.account()
	if err != nil {
		add("user "+identity.Hermes, err.Error(), "keep the image's /etc/passwd")
	} else if uid, ok := ownerOf(info); ok && uid != account.UID {
		add(root, "it does not belong to user hermes", "start as root, with HERMES_UID and HERMES_GID set to its owner's ids")
	}
	var disk unix.Statfs_t
	if unix.Statfs(root, &disk) == nil {
		if cause := lackOfRoom(disk); cause != "" {
			add(root, cause, "remove from it what is not needed, such as old logs, or give the volume more room")
		}
	}
	if other, found := volumelock.Other(root, volumelock.Self()); found {
		add(root, volumelock.Warning(root, other), "docker stop one of the containers, or mount another volume in it")
	}
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

// findProfile looks at one profile's files and its slot.
func (a *app) findProfile(add adder, name string) {
	object, dir := "profile "+name, a.home.Dir(name)
	if err := readable(filepath.Join(dir, ".env")); err != nil {
		add(object, err.Error(), "make it a file that belongs to user hermes, mode 600")
	}
	if _, err := profile.ReadConfig(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		add(object, err.Error(), "correct that file")
	}
	if _, err := profile.ReadState(dir); err != nil {
		add(object, err.Error(), commandLine(name, "gateway start")+" writes it anew")
	}
	if _, err := profile.ReadIntent(dir); err != nil {
		add(object, err.Error(), commandLine(name, "gateway start")+" or stop writes it anew")
	}
	if a.initRuns() && !a.scandir.Has(name) {
		add(object, "it has no gateway slot", "docker restart this container")
	}
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

// ownerOf is the uid that owns a file.
func ownerOf(info fs.FileInfo) (uint32, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}
