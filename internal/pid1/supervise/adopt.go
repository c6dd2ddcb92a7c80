package supervise

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/pid1/output"
	"caduceus/internal/pid1/pipes"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// resume takes over from a supervisor that died, and reports whether there was one to take over from. It is an
// error if a process may live that no record tells of: nothing is started beside it.
//
// spec: SUP-114, SUP-115
func (r *runner) resume(f *files) (resumed bool, want bool, err error) {
	f.removeUnfinished()
	last, found, err := f.readRecord(r.clock)
	if found && !last.isTrue() {
		found, err = false, fmt.Errorf("%w: process %d is no service of this supervisor", errRecord, last.pid)
	}
	if found {
		r.files = f
		r.takeOver(last)
		return true, false, nil
	}
	if err != nil {
		r.warnf("cannot adopt: %v", err)
	}
	status, statusErr := f.lastStatus()
	none := errors.Is(statusErr, fs.ErrNotExist)
	if err != nil || status.Pid != 0 || statusErr != nil && !none {
		if pid := r.unrecorded(status.Pid); pid != 0 {
			return false, false, fmt.Errorf("process %d may be its run or finish, but is on no record: end it", pid)
		}
	}
	if statusErr != nil {
		return false, !f.service.Exists(s6.DownFile), nil
	}
	return false, status.WantUp, nil
}

// takeOver goes on where the last supervisor stopped.
func (r *runner) takeOver(last record) {
	r.m, r.dropped = last.m, false
	r.latest = r.readConfig()
	r.config = r.latest
	if last.pid != 0 {
		r.child, r.childStart = r.opt.Procs.Adopt(last.pid, last.start), last.start
		r.isFinish, r.oomKills = last.isFinish, r.opt.OOMKills()
		r.adoptPipes(last)
	}
	if last.dropped {
		r.dropLog()
	}
	r.found = true // the machine learns it in its loop
	r.try(s6.EventDir, notify(r.files.event, ""))
	r.write()
	r.notify(s6.EventStarted)
}

// adoptPipes opens the pipes again that the process has.
func (r *runner) adoptPipes(last record) {
	select {
	case <-r.child.Done(): // nothing is to come
		return
	default:
	}
	lives := proc.StartOf(last.pid) == last.start
	for i, inode := range last.outputs {
		if inode == 0 {
			continue
		}
		reader, writer, err := pipes.Reopen(pipes.Own, inode, last.pid, 1+i)
		if err != nil {
			if lives {
				r.warnf("cannot adopt the output: %v", err)
			}
			continue
		}
		out := []*os.File{r.opt.Stdout, r.opt.Stderr}[i]
		r.prefixers[i] = output.Resume(reader, writer, out, r.opt.OutputLock, r.note)
		r.prefixers[i].Use(r.config.OutputPrefix, r.config.OutputMax)
	}
	if last.ready == 0 {
		return
	}
	reader, writer, err := pipes.Reopen(pipes.Own, last.ready, last.pid, last.readyFD)
	if err != nil {
		if lives {
			r.warnf("its readiness pipe is closed: taken for ready")
			r.taken = true
		}
		return
	}
	_ = writer.Close() // a pipe: nothing is buffered here
	r.pipe = readyPipeOf(reader)
	go r.pipe.listen()
}

// find makes the machine agree with the process that is there after a panic, or after the death of the last
// supervisor.
//
// spec: SUP-90
func (r *runner) find() {
	switch {
	case r.child == nil:
		r.step(evFoundNone, input{})
	case r.isFinish:
		r.step(evFoundFinish, input{pid: r.child.Pid()})
	default:
		r.step(evFoundRun, input{pid: r.child.Pid()})
	}
	if r.taken {
		r.taken = false
		r.step(evNewline, input{})
	}
}

// isTrue reports whether the process of a record may be what the record says: run and finish lead a session, and
// can be signalled. A process that is over may be.
func (r record) isTrue() bool {
	stat, err := procfs.Read(procfs.Root, r.pid)
	if r.pid == 0 || err != nil || stat.StartTicks != r.start {
		return true
	}
	return stat.Session == r.pid && mayBeOurs(r.pid)
}

// mayBeOurs reports whether a process can come from this one: what cannot gain rights can be signalled.
func mayBeOurs(pid int) bool {
	if !errors.Is(unix.Kill(pid, 0), unix.EPERM) {
		return true
	}
	never, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	return err == nil && never == 0
}

// lastStatus is what an earlier supervisor wrote to the status. Callers test fs.ErrNotExist.
func (f *files) lastStatus() (s6.Status, error) {
	text, err := f.supervise.WithLinks(held.RefuseLinks).ReadHead(s6.StatusFile, s6.StatusSize)
	if err != nil {
		return s6.Status{}, err
	}
	return s6.DecodeStatus(text)
}

// unrecorded looks for a process that may be run or finish of this service: it leads a session, and works in the
// service directory or has the pid of the last status.
func (r *runner) unrecorded(suspect int) (pid int) {
	id, err := r.opt.Dir.ID()
	if err != nil {
		return 0
	}
	for _, pid := range procfs.Pids(procfs.Root) {
		stat, err := procfs.Read(procfs.Root, pid)
		if err != nil || stat.Session != pid || !stat.Living() || !mayBeOurs(pid) {
			continue
		}
		var cwd unix.Stat_t
		err = unix.Stat(procfs.Root+"/"+strconv.Itoa(pid)+"/cwd", &cwd)
		if pid == suspect || err == nil && (held.ID{Dev: cwd.Dev, Ino: cwd.Ino}) == id {
			return pid
		}
	}
	return 0
}
