// Package loggers keeps a logger that cannot write its file from stopping its gateway. s6-log reads nothing as long as a
// write of it waits, so that it needs no memory and its files keep their size; on a full disk it would wait for ever,
// and so, once the pipe is full, would the gateway. Then the output goes to the container's own only, until there
// is room again.
//
// contract: LOG-07
package loggers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// stuck is how many bytes in the pipe to a logger make it worth a look: it holds 64 KiB.
const stuck = 32 << 10

// probeSize is what is written to find out whether there is room.
const probeSize = 64 << 10

// Tender looks after the loggers of one scandir. Look has to be called again and again, by one goroutine.
type Tender struct {
	scandir gateway.Scandir
	home    profile.Home
	say     func(format string, args ...any) // a line for the operator
	behind  map[string]bool                  // profiles whose logger was behind at the last look
}

// NewTender makes one that reports to say.
func NewTender(scandir gateway.Scandir, home profile.Home, say func(format string, args ...any)) *Tender {
	return &Tender{scandir: scandir, home: home, say: say, behind: map[string]bool{}}
}

// Look looks once, and acts. What cannot be seen is left alone.
func (t *Tender) Look() {
	names, _ := t.scandir.Profiles() // an unreadable scandir has none
	for _, name := range names {
		t.look(name)
	}
}

func (t *Tender) look(name string) {
	logger := filepath.Join(t.scandir.Dir(name), s6.LogDir)
	status, err := s6.ReadStatus(logger)
	if err != nil || !status.Up() {
		return
	}
	dir := filepath.Join(t.home.Root(), "logs", "gateways", name)
	if _, err := os.Lstat(filepath.Join(logger, gateway.NoRoomFile)); err == nil {
		if hasRoom(dir) == nil && s6.SendControl(logger, "t") == nil {
			t.say("gateway %s: there is room in %s again: its log goes on there", name, dir)
		}
		return
	}
	if backlog(procfs.Root, status.Pid) < stuck {
		delete(t.behind, name)
		return
	}
	if !t.behind[name] { // it may only be a busy one
		t.behind[name] = true
		return
	}
	if err := hasRoom(dir); err != nil && s6.SendControl(logger, "k") == nil {
		t.say("gateway %s: cannot write its log: %v; its output goes to docker logs only until there is room", name, err)
		delete(t.behind, name)
	}
}

// backlog is how many bytes wait on the standard input of a process, if that is a pipe.
func backlog(root string, pid int) int {
	fd, err := unix.Open(filepath.Join(root, strconv.Itoa(pid), "fd", "0"), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer func() { _ = unix.Close(fd) }()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return 0
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return n
}

// hasRoom writes a file of probeSize and removes it: a quota or a dying disk gives an error here, too.
func hasRoom(dir string) error {
	d, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // WriteFile has said what could go wrong
	const probe = ".room"
	err = d.WriteFile(probe, make([]byte, probeSize), held.Write{Mode: 0o600})
	_ = d.Remove(probe) // it is overwritten the next time
	if err != nil {
		return fmt.Errorf("%q has no room: %w", dir, err)
	}
	return nil
}
