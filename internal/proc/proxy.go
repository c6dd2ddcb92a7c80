package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// ProxyArgv0 is the argv[0] that makes the program ProxyMain: it sends one signal and ends.
const ProxyArgv0 = "init-signal"

// proxyFD is where the sender finds the pidfd of the process that is meant.
const proxyFD = 3

// sendAs has a child with the ids of the process behind pidfd send the signal: root without
// CAP_KILL may not, but a process of the same user may. The pidfd means that process whatever
// becomes of its number. target is its pid, or minus its pid for its group.
//
// contract: RUN-07
// spec: SUP-78
func (t *Table) sendAs(pidfd *os.File, target int, sig syscall.Signal) error {
	id, err := idsOf(max(target, -target))
	if err != nil {
		return err
	}
	sender, err := t.Spawn(Spec{
		Path:  "/proc/self/exe",
		Argv:  []string{ProxyArgv0, strconv.Itoa(target), strconv.Itoa(int(sig))},
		Files: []*os.File{nil, nil, nil, pidfd},
		Attr:  &syscall.SysProcAttr{Setsid: true, Credential: id},
	})
	if err != nil {
		return err
	}
	<-sender.Done()
	if sender.Status() != 0 {
		return fmt.Errorf("cannot signal %d as uid %d: %w", target, id.Uid, syscall.EPERM)
	}
	return nil
}

// ProxyMain is the other side of sendAs; args are the words after argv[0]. It returns an exit code.
func ProxyMain(args []string) int {
	if len(args) != 2 {
		return 100
	}
	target, err1 := strconv.Atoi(args[0])
	sig, err2 := strconv.Atoi(args[1])
	if err1 != nil || err2 != nil {
		return 100
	}
	probe := unix.Signal(sig)
	if target < 0 {
		probe = 0
	}
	err := unix.PidfdSendSignal(proxyFD, probe, nil, 0)
	if err == nil && target < 0 {
		// The leader is there; kernels that signal a group by pidfd are too new to rely on.
		err = unix.Kill(target, unix.Signal(sig))
	}
	if err != nil && err != unix.ESRCH {
		return 1
	}
	return 0
}

func openPidfd(pid int) (*os.File, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "pidfd"), nil
}

// idsOf reads the real ids of a process, which are what kill compares with.
func idsOf(pid int) (*syscall.Credential, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return nil, err
	}
	uid, uerr := firstNumber(b, "\nUid:")
	gid, gerr := firstNumber(b, "\nGid:")
	return &syscall.Credential{Uid: uid, Gid: gid}, errors.Join(uerr, gerr)
}

func firstNumber(status []byte, key string) (uint32, error) {
	_, rest, _ := bytes.Cut(status, []byte(key))
	words := bytes.Fields(rest)
	if len(words) == 0 {
		return 0, fmt.Errorf("cannot find %q in the status of a process", key[1:])
	}
	n, err := strconv.ParseUint(string(words[0]), 10, 32)
	return uint32(n), err
}
