package rig

import (
	"encoding/json"
	"os"
	"os/exec"
	"syscall"
)

// entryEnv carries an Entry to the program that the rig starts once more.
const entryEnv = "RIG_ENTRY"

// Entry is how a program becomes the init of a Root. Its zero value but for Argv: as the present user,
// with all it may do, on a tmpfs on /run with mode 755.
type Entry struct {
	Argv []string // Argv[0] is the file to execute, as a path in the root
	Env  []string
	Dir  string // "": /

	UID        int
	UserNS     bool      // it is root of a user namespace
	Drop       []uintptr // capabilities that it cannot have
	NoNewPrivs bool
	Umask      int

	RunFlags uintptr   // mount flags of /run
	RunMode  string    // mount options of /run, from the mode on; "": 755
	RunDir   bool      // /run is a directory of the root, kept from start to start
	ReadOnly bool      // the root is
	Copy     [2]string // a directory and its copy, made before the start

	Cgroup   string // to be put into; "": none
	Tasks    uint64 // RLIMIT_NPROC; 0: as it is
	Realtime uint32 // priority before all without one; 0: none

	Above      bool // the rig stays PID 1, as the init of an engine does, with the program below it
	Background bool // and does not give it the terminal

	Root   string   // set by Command
	Borrow []string // set by Command
}

// Command is the command that becomes the init in new namespaces. Its standard streams are the
// caller's to set.
func (r Root) Command(e Entry) (*exec.Cmd, error) {
	e.Root, e.Borrow = r.Dir, r.Borrow
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	c := exec.Command("/proc/self/exe")
	c.Env = []string{entryEnv + "=" + string(text)}
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Setsid:     true,
	}
	if e.UserNS {
		ids := []syscall.SysProcIDMap{{HostID: 0, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65535}}
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings, c.SysProcAttr.GidMappings = ids, ids
		c.SysProcAttr.GidMappingsEnableSetgroups = true
	}
	return c, nil
}

// entered returns the entry that this process was started for, if it was.
func entered() (e Entry, was bool, err error) {
	text, was := os.LookupEnv(entryEnv)
	if was {
		err = json.Unmarshal([]byte(text), &e)
	}
	return e, was, err
}
