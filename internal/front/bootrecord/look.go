package bootrecord

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"caduceus/internal/procfs"
	"caduceus/internal/record"
)

// What the image's init is, to the kernel.
const (
	program = "/init"
	comm    = "s6-svscan" // of PID 1: the agent looks for it
)

const restart = "docker restart this container"

// Problem is one thing that is wrong with who supervises.
type Problem struct {
	Object, Cause, Fix string
	Past               bool // it is over: everything works again
}

// Look compares the record with the processes. Its zero value looks at this container.
type Look struct {
	Root string // prefix of every path
	// ReadExe reads the link /proc/PID/exe, for a process of root's and for one of hermes'; nil: os.Readlink. One
	// that may not be read counts as right.
	ReadExe func(path string, pid int) (string, error)
}

// Problems returns what is wrong, PID 1 first. If PID 1 is not the image's own, nothing else counts.
//
// contract: HEALTH-04
func (l Look) Problems() []Problem {
	boot, owner, err := Read(filepath.Join(l.Root, record.Dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Problem{{Object: "init", Cause: "it has left no record of its boot", Fix: "start the container with the image's own entry point"}}
	case err != nil:
		return []Problem{{Object: "init", Cause: err.Error(), Fix: restart}}
	}
	if cause := l.ofInit(boot.Init, owner); cause != "" {
		return []Problem{{Object: "init", Cause: cause, Fix: restart + "; if that does not help, make it anew: docker rm and docker run"}}
	}
	if boot.User == nil {
		return nil
	}
	return l.ofUser(*boot.User)
}

// ofInit returns why a process is not the init that its record is about, "" if it is.
func (l Look) ofInit(p record.Process, owner uint32) string {
	who := "process " + strconv.Itoa(p.PID)
	if p.PID == 1 {
		who = "PID 1"
	}
	if cause := l.same(who, p); cause != "" {
		return cause
	}
	uids, err := procfs.UIDs(l.proc(), p.PID)
	if err != nil {
		return err.Error()
	}
	if uids != [4]uint32{owner, owner, owner, owner} {
		return fmt.Sprintf("%s runs with the uids %v, its record is of uid %d", who, uids, owner)
	}
	if one, err := procfs.UIDs(l.proc(), 1); owner != 0 && err == nil && one[0] == 0 && l.comm(1) == comm {
		return fmt.Sprintf("the record of the boot is of uid %d, PID 1 is root's", owner)
	}
	if name := l.comm(p.PID); p.PID == 1 && name != comm {
		return fmt.Sprintf("%s is called %q, not %q", who, name, comm)
	}
	return l.executes(who, p.PID)
}

// ofUser returns what is wrong with the user's supervisor. hermes may do to it what it likes; PID 1 starts another when
// it ends, and the services go on meanwhile.
func (l Look) ofUser(s record.Supervisor) []Problem {
	const object = "user's supervisor"
	who := "process " + strconv.Itoa(s.PID)
	if s.State == record.Waiting {
		return []Problem{{Object: object, Cause: fmt.Sprintf("it ended; the init waits before start %d", s.Starts+1), Fix: "look for its reason in docker logs; " + restart}}
	}
	if cause := l.same(who, s.Process); cause != "" {
		return []Problem{{Object: object, Cause: "it is gone: " + cause, Fix: restart}}
	}
	if stat, err := procfs.Read(l.proc(), s.PID); err == nil && (stat.State == 'T' || stat.State == 't') {
		return []Problem{{
			Object: object, Cause: who + " is stopped, and answers nobody",
			Fix: fmt.Sprintf("docker exec -u 0 hermes /bin/kill -CONT %d, or %s", s.PID, restart),
		}}
	}
	uids, err := procfs.UIDs(l.proc(), s.PID)
	if err != nil || uids[0] == 0 || uids[1] == 0 || uids[2] == 0 {
		return []Problem{{Object: object, Cause: fmt.Sprintf("%s runs with the uids %v, as root (%v)", who, uids, err), Fix: restart}}
	}
	if cause := l.executes(who, s.PID); cause != "" {
		return []Problem{{Object: object, Cause: "it was replaced: " + cause, Fix: fmt.Sprintf("docker exec -u 0 hermes /bin/kill -KILL %d: the init starts another", s.PID)}}
	}
	if s.Starts > 1 {
		return []Problem{{
			Object: object, Cause: fmt.Sprintf("it ended, and was started %d times", s.Starts),
			Fix: "look for its reason in docker logs; the services went on", Past: true,
		}}
	}
	return nil
}

// same returns why a process is not there any more, "" if it is.
func (l Look) same(who string, p record.Process) string {
	stat, err := procfs.Read(l.proc(), p.PID)
	switch {
	case p.PID <= 0, errors.Is(err, fs.ErrNotExist):
		return who + " is not there"
	case err != nil:
		return err.Error()
	case !stat.Living():
		return who + " is dead"
	case stat.StartTicks != p.Start:
		return who + " is another one than at the boot"
	}
	return ""
}

// executes returns what else than the init's program a process executes, "" if nothing, or if this user may not see it.
func (l Look) executes(who string, pid int) string {
	read := l.ReadExe
	if read == nil {
		read = func(path string, _ int) (string, error) { return os.Readlink(path) }
	}
	exe, err := read(filepath.Join(l.proc(), strconv.Itoa(pid), "exe"), pid)
	if err == nil && exe != program {
		return fmt.Sprintf("%s executes %q, not %q", who, exe, program)
	}
	return ""
}

func (l Look) comm(pid int) string {
	name, err := os.ReadFile(filepath.Join(l.proc(), strconv.Itoa(pid), "comm"))
	if err != nil {
		return ""
	}
	return string(bytes.TrimSuffix(name, []byte("\n")))
}

func (l Look) proc() string { return filepath.Join("/", l.Root, procfs.Root) }
