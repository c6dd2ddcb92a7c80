package proc

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

// readNumber reads a line with a number.
func readNumber(t *testing.T, from *os.File) int {
	t.Helper()
	line := make([]byte, 64)
	n, err := from.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// The reaper keeps how orphans ended, with the start time that distinguishes them from others of that pid, and gives its
// own children to those who made them.
func TestExitsOfOrphansAreKept(t *testing.T) {
	clause.Proves(t, "SUP-111")
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	table := startTable(t)
	orphans := table.Orphans()
	read, write := pipe(t)
	s := sh("setsid sh -c 'echo $$; kill -STOP $$; exit 9' & exit 3")
	s.Files = []*os.File{nil, write, os.Stderr}
	parent := spawn(t, table, s)
	pid := readNumber(t, read)
	if got := await(t, parent); got.ExitStatus() != 3 {
		t.Errorf("the parent ended with %#x", got)
	}
	start := StartOf(pid)
	poll(t, "it is stopped", func() bool {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return strings.Contains(string(stat), ") T ")
	})
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	var at uint64
	var seen []Exit
	for late := time.After(30 * time.Second); ; {
		exits, all, changed := orphans.After(at)
		at = all
		if slices.Contains(exits, Exit{pid, start, 9 << 8}) {
			return
		}
		seen = append(seen, exits...)
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no exit of %d, which started at %d: %+v", pid, start, seen)
		}
	}
}

func TestOnlyTheNewestExitsAreKept(t *testing.T) {
	clause.Proves(t, "SUP-111")
	var x Exits
	const more = 10
	for i := range maxExits + more {
		x.add(Exit{Pid: i + 1, Start: 1})
	}
	exits, all, changed := x.After(0)
	if len(exits) != maxExits || all != maxExits+more || exits[0].Pid != more+1 || exits[maxExits-1].Pid != maxExits+more {
		t.Errorf("%d of %d, from %d to %d", len(exits), all, exits[0].Pid, exits[len(exits)-1].Pid)
	}
	if rest, _, _ := x.After(all - 2); len(rest) != 2 {
		t.Errorf("%d after all but two", len(rest))
	}
	select {
	case <-changed:
		t.Error("there is nothing new")
	default:
	}
	x.add(Exit{Pid: 1, Start: 2, Status: 3})
	<-changed
	if status, known := x.find(1, 2); status != 3 || !known {
		t.Errorf("status %#x, %v", status, known)
	}
	if _, known := x.find(1, 1); known {
		t.Error("an old one is still there")
	}
}
