package procfs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"caduceus/internal/line"
)

// Root is where the kernel shows its processes.
const Root = "/proc"

// Stat is what /proc/PID/stat says.
type Stat struct {
	State      byte // R, S, Z and so on, as proc(5) has them
	Parent     int
	Group      int   // the pid of its leader
	Session    int   // the pid of its leader
	StartTicks int64 // between the boot of the machine and the start of the process
}

// Living reports whether the process can still do something: a zombie cannot.
func (s Stat) Living() bool { return s.State != 'Z' && s.State != 'X' }

// Read reads the stat file of a process below root.
func Read(root string, pid int) (Stat, error) {
	path := filepath.Join(root, strconv.Itoa(pid), "stat")
	content, err := os.ReadFile(path)
	if err != nil {
		return Stat{}, err
	}
	stat, ok := Parse(content)
	if !ok {
		return Stat{}, fmt.Errorf("cannot parse %q", path)
	}
	return stat, nil
}

// Parse decodes a stat file. Its second field is the program's name in parentheses, which may hold blanks,
// newlines and parentheses itself: the last one counts.
func Parse(content []byte) (Stat, bool) {
	const state, parent, group, session, start = 0, 1, 2, 3, 19 // of the fields behind the name
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	if len(fields) <= start {
		return Stat{}, false
	}
	ppid, err := strconv.Atoi(string(fields[parent]))
	if err != nil {
		return Stat{}, false
	}
	pgid, err := strconv.Atoi(string(fields[group]))
	if err != nil {
		return Stat{}, false
	}
	leader, err := strconv.Atoi(string(fields[session]))
	if err != nil {
		return Stat{}, false
	}
	ticks, err := strconv.ParseInt(string(fields[start]), 10, 64)
	return Stat{State: fields[state][0], Parent: ppid, Group: pgid, Session: leader, StartTicks: ticks}, err == nil
}

// Pids lists the processes below root. Without /proc there are none to see.
func Pids(root string) []int {
	dir, err := os.Open(root)
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1) // what was read before an error counts
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// MachineBoot returns when the host booted, the zero time if that cannot be read.
func MachineBoot(root string) time.Time {
	content, err := os.ReadFile(filepath.Join(root, "stat"))
	if err != nil {
		return time.Time{}
	}
	for line := range bytes.Lines(content) {
		if value, found := bytes.CutPrefix(line, []byte("btime ")); found {
			seconds, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			if err != nil {
				return time.Time{}
			}
			return time.Unix(seconds, 0)
		}
	}
	return time.Time{}
}

// UIDs reads the real, effective, saved and file system uid of a process below root. They are the process's own: the
// owner of /proc/PID is root where a process may not be looked into, whoever runs it.
func UIDs(root string, pid int) (uids [4]uint32, err error) {
	path := filepath.Join(root, strconv.Itoa(pid), "status")
	content, err := os.ReadFile(path)
	if err != nil {
		return uids, err
	}
	for text := range bytes.Lines(content) {
		rest, found := bytes.CutPrefix(text, []byte("Uid:"))
		if !found {
			continue
		}
		if line.Scan(string(bytes.TrimSpace(rest)), "%d\t%d\t%d\t%d", &uids[0], &uids[1], &uids[2], &uids[3]) == nil {
			return uids, nil
		}
	}
	return uids, fmt.Errorf("cannot parse %q", path)
}

// Comm is the name of a process as the kernel has it, which the process itself may choose; "" if it is gone.
func Comm(root string, pid int) string {
	name, _ := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "comm")) // gone: no name
	return string(bytes.TrimSuffix(name, []byte("\n")))
}
