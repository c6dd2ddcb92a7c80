package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func prepare(t *testing.T, table *Table, s Spec) *Prepared {
	t.Helper()
	p, err := table.Prepare(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What runs is what Spawn would have made: same pid, arguments, environment, descriptors, signals.
func TestPreparedProcessBecomesItsProgram(t *testing.T) {
	clause.Proves(t, "SUP-113", "SUP-87")
	closeInherited(t)
	table := startTable(t)
	dir := t.TempDir()
	see := func(start func(Spec) *Child) (child *Child, seen string) {
		read, write := pipe(t)
		extra, _ := pipe(t)
		const script = `echo "$0" "$#"; pwd; ulimit -n; ls /proc/$$/fd; env; exit 4`
		child = start(Spec{
			Path: "/bin/sh", Argv: []string{"sh", "-c", script, "zero", ""}, Env: []string{"PATH=/usr/bin:/bin", "GOMAXPROCS=9", "X=a\nb"},
			Dir: dir, Files: []*os.File{read, write, os.Stderr, nil, nil, extra},
		})
		await(t, child)
		_ = write.Close()
		var out bytes.Buffer
		_, _ = out.ReadFrom(read)
		return child, out.String()
	}
	spawned, want := see(func(s Spec) *Child { return spawn(t, table, s) })
	pid, sid := 0, 0
	prepared := func(s Spec) *Child {
		p := prepare(t, table, s)
		pid = p.Pid()
		sid, _ = unix.Getsid(pid)
		return execute(t, p)
	}
	executed, got := see(prepared)
	if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(got, "zero 1\n") {
		t.Error(diff)
	}
	if executed.Status() != spawned.Status() || executed.Pid() != pid || sid != pid {
		t.Errorf("%d, in session %d, ended with %#x; it was prepared as %d", executed.Pid(), sid, executed.Status(), pid)
	}
}

// closeInherited keeps from children what this process was given beside its standard descriptors, as a shell may.
func closeInherited(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}

func execute(t *testing.T, p *Prepared) *Child {
	t.Helper()
	child, err := p.Execute()
	if err != nil {
		t.Fatal(err)
	}
	return child
}

func TestPreparedProcessHasNoSignalBlockedOrIgnored(t *testing.T) {
	clause.Proves(t, "SUP-113", "SUP-86", "SUP-106")
	table := startTable(t)
	read, write := pipe(t)
	// No shell: dash unblocks all signals by itself.
	p := prepare(t, table, Spec{Path: "/bin/cat", Argv: []string{"cat", "/proc/self/status"}, Files: []*os.File{read, write, os.Stderr}})
	await(t, execute(t, p))
	_ = write.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(read)
	for _, want := range []string{"SigBlk:\t0000000000000000\n", "SigIgn:\t0000000000000000\n", "SigCgt:\t0000000000000000\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, &out)
		}
	}
}

func TestPreparedProcessThatCannotExecuteIsGone(t *testing.T) {
	clause.Proves(t, "SUP-113")
	table := startTable(t)
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(dir+"/plain", nil, 0o644), os.WriteFile(dir+"/text", []byte("x\n"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{"./plain": syscall.EACCES, "./text": syscall.ENOEXEC, "./missing": syscall.ENOENT} {
		p := prepare(t, table, Spec{Path: path, Argv: []string{path}, Dir: dir})
		if _, err := p.Execute(); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if StartOf(p.Pid()) != 0 {
			t.Errorf("%s: the process is there", path)
		}
	}
	p := prepare(t, table, sh("exit 5"))
	p.Cancel()
	if got := p.Status(); got.Signal() != syscall.SIGKILL || StartOf(p.Pid()) != 0 {
		t.Errorf("canceled: %#x", got)
	}
	p = prepare(t, table, sh("exit 5"))
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if _, err := p.Execute(); err == nil {
		t.Error("a dead process was executed")
	}
}

// TestNoProgramOutlivesAMakerThatDidNotNoteIt: the maker dies between the process and its program.
func TestNoProgramOutlivesAMakerThatDidNotNoteIt(t *testing.T) {
	clause.Proves(t, "SUP-113")
	if dir := os.Getenv("PREPARE_AND_DIE"); dir != "" {
		table := startTable(t)
		p := prepare(t, table, Spec{Path: "/bin/sh", Argv: []string{"sh", "-c", "echo >ran"}, Dir: dir})
		_, _ = fmt.Fprintln(os.Stdout, "prepared", p.Pid())
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "PREPARE_AND_DIE="+dir)
	out, _ := cmd.CombinedOutput() // returns when the prepared process has let go of the output, too
	if !bytes.Contains(out, []byte("prepared ")) {
		t.Fatalf("it prepared nothing: %s", out)
	}
	if state := cmd.ProcessState.Sys().(syscall.WaitStatus); state.Signal() != syscall.SIGKILL {
		t.Fatalf("ended with %#x: %s", state, out)
	}
	if _, err := os.Stat(dir + "/ran"); err == nil {
		t.Error("the program ran")
	}
}
