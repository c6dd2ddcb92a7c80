package proc

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// without runs f on a thread of its own that has lost capabilities, and is
// given up afterwards.
func without(t *testing.T, caps []uint, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends here
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		if err := unix.Capget(&header, &data[0]); err != nil {
			t.Error(err)
			return
		}
		for _, c := range caps {
			data[c/32].Effective &^= 1 << (c % 32)
			data[c/32].Permitted &^= 1 << (c % 32)
		}
		if err := unix.Capset(&header, &data[0]); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}

func TestSignalsReachOtherUsersWithoutCapKill(t *testing.T) {
	clause.Proves(t, "FAULT-19", "SUP-78")
	if os.Geteuid() != 0 {
		t.Skip("needs root: an own process is never refused")
	}
	table := startTable(t)
	other := func() *Child {
		s := sh("exec sleep 600")
		s.Attr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		return spawn(t, table, s)
	}
	group, single := other(), other()
	without(t, []uint{unix.CAP_KILL, unix.CAP_SETUID}, func() {
		if err := single.Signal(syscall.SIGTERM); !errors.Is(err, syscall.EPERM) {
			t.Errorf("without both capabilities: %v, want EPERM", err)
		}
	})
	without(t, []uint{unix.CAP_KILL}, func() {
		if err := single.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("signal: %v", err)
		}
		if err := group.SignalGroup(syscall.SIGTERM); err != nil {
			t.Errorf("group signal: %v", err)
		}
		if uid := unix.Geteuid(); uid != 0 {
			t.Errorf("effective uid is %d afterwards", uid)
		}
	})
	for _, child := range []*Child{single, group} {
		if got := await(t, child); got.Signal() != syscall.SIGTERM {
			t.Errorf("status %#x, want death by TERM", got)
		}
	}
}

func TestTheOwnerOfAProcessIsRead(t *testing.T) {
	if uid, ok := uidOf(os.Getpid()); uid != os.Getuid() || !ok {
		t.Errorf("own uid %d, %v, want %d", uid, ok, os.Getuid())
	}
	if _, ok := uidOf(-1); ok {
		t.Error("no process has a uid")
	}
}
