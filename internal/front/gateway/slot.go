package gateway

import (
	_ "embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/profile"
	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/s6"
)

//go:embed slot/run.sh
var runScript string

//go:embed slot/finish.sh
var finishScript string

//go:embed slot/log-run.sh
var logScript string

// DefaultKillTimeout is the time between the stop signal of a gateway and its SIGKILL.
//
// contract: BOOT-18
const DefaultKillTimeout = 7 * time.Second

// leftoversTimeout is the time between TERM and KILL for what a gateway that ended left.
//
// contract: SLOT-17
const leftoversTimeout = 2 * time.Second

// NoRoomFile lies beside the run script of a logger that found no room for its file.
const NoRoomFile = "no-room"

// Slot is the service directory of one gateway.
type Slot struct {
	Profile     string
	Up          bool          // starts when the supervisor sees it; else it has a down file
	KillTimeout time.Duration // 0: DefaultKillTimeout
}

// file is an entry of a service directory; a name that ends in a slash is a directory.
type file struct {
	name    string
	mode    uint32 // as of chmod(2), with S_IFIFO for a fifo
	content string
}

func (f file) isDir() bool  { return strings.HasSuffix(f.name, "/") }
func (f file) isFifo() bool { return f.mode&unix.S_IFMT == unix.S_IFIFO }

// render lists what is in the slot's directory, parents first.
//
// contract: SLOT-01
func (s Slot) render() []file {
	selection := ""
	if s.Profile != profile.Default {
		selection = "-p " + s.Profile + " "
	}
	fill := strings.NewReplacer("@PROFILE@", s.Profile, "@SELECT@", selection)
	timeout := max(s.KillTimeout, DefaultKillTimeout)
	files := []file{
		{"type", 0o644, "longrun\n"},
		{"run", 0o755, fill.Replace(runScript)},
		{"finish", 0o755, fill.Replace(finishScript)},
		{"timeout-kill", 0o644, strconv.FormatInt(timeout.Milliseconds(), 10) + "\n"},
		{"timeout-leftovers", 0o644, strconv.FormatInt(leftoversTimeout.Milliseconds(), 10) + "\n"},
		{"log/", 0o755, ""},
		{"log/type", 0o644, "longrun\n"},
		{"log/run", 0o755, fill.Replace(logScript)},
	}
	if !s.Up {
		files = append(files, file{s6.DownFile, 0o644, ""})
	}
	const events = 0o3730
	for _, dir := range []string{"", "log/"} {
		files = append(files,
			file{dir + "event/", events, ""},
			file{dir + "supervise/", 0o755, ""},
			file{dir + "supervise/event/", events, ""},
			file{dir + "supervise/control", unix.S_IFIFO | 0o660, ""},
		)
	}
	return files
}

// lay makes the directory name of a scandir and the entries below it.
func lay(scandir *held.Dir, name string, files []file) error {
	made, err := scandir.MakeDir(name, 0o755)
	if err == nil && !made {
		err = fmt.Errorf("cannot make directory %q: %w", name, fs.ErrExist)
	}
	if err != nil {
		return err
	}
	slot, err := scandir.Dir(name)
	if err != nil {
		return err
	}
	defer func() { _ = slot.Close() }() // nothing was written
	for _, f := range files {
		switch {
		case f.isDir():
			_, err = slot.MakeDir(f.name, f.mode)
		case f.isFifo():
			_, err = slot.MakeFifo(f.name, f.mode&0o7777)
		default:
			err = slot.WriteFile(f.name, []byte(f.content), held.Write{Mode: f.mode})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// share lets the account use and delete a slot that stays root's, what is in a directory before the
// directory.
//
// contract: SLOT-02
func share(scandir *held.Dir, name string, files []file, account identity.Account) error {
	slot, err := scandir.Dir(name)
	if err != nil {
		return err
	}
	defer func() { _ = slot.Close() }() // nothing was written
	for _, f := range slices.Backward(files) {
		if !f.isDir() && !f.isFifo() {
			continue
		}
		if err := identity.Give(slot, f.name, account, f.mode&0o7777); err != nil {
			return err
		}
	}
	return identity.Give(scandir, name, account, 0o755)
}
