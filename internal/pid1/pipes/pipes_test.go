package pipes

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The supervisor dies: a process has the pipe alone, writes and lives; what it wrote is read by the next one.
func TestPipeIsFoundInTheProcessThatHasIt(t *testing.T) {
	clause.Proves(t, "SUP-116")
	for name, fd := range map[string]int{"where it was": 1, "somewhere else": 7} {
		t.Run(name, func(t *testing.T) {
			r, w, err := New(Lasting)
			must(t, err)
			inode := Inode(r)
			in, hold, err := os.Pipe()
			must(t, err)
			cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "read x; echo alone; read x; echo $?; exec sleep 600")
			cmd.Stdin, cmd.Stdout = in, w
			must(t, cmd.Start(), r.Close(), w.Close(), in.Close())
			defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
			_, err = hold.WriteString("\n")
			must(t, err)
			again, write, err := Reopen(Lasting|Own, inode, cmd.Process.Pid, fd)
			must(t, err)
			if Inode(again) != inode || Inode(write) != inode {
				t.Errorf("inodes %d, %d, want %d", Inode(again), Inode(write), inode)
			}
			must(t, hold.Close())
			buf := make([]byte, 64)
			text := ""
			for len(text) < len("alone\n1\n") {
				n, err := again.Read(buf)
				must(t, err)
				text += string(buf[:n])
			}
			if text != "alone\n1\n" {
				t.Errorf("read %q", text)
			}
			must(t, again.Close(), write.Close())
		})
	}
}

func TestOtherPipesAreLeftAlone(t *testing.T) {
	clause.Proves(t, "SUP-116")
	r, w, err := New(Lasting)
	must(t, err)
	inode := Inode(r)
	must(t, r.Close(), w.Close())
	other, far, err := New(0)
	must(t, err)
	defer func() { _, _ = other.Close(), far.Close() }()
	if _, _, err := Reopen(Lasting|Own, inode, os.Getpid(), int(other.Fd())); err == nil {
		t.Error("another pipe was opened")
	}
	fifo := t.TempDir() + "/fifo"
	must(t, unix.Mkfifo(fifo, 0o600))
	named, err := os.OpenFile(fifo, os.O_RDWR, 0)
	must(t, err)
	defer func() { _ = named.Close() }()
	if _, _, err := Reopen(Lasting|Own, Inode(named), os.Getpid(), int(named.Fd())); err == nil {
		t.Error("a named fifo was opened")
	}
	if Inode(nil) != 0 {
		t.Error("no file is a pipe")
	}
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer func() { _ = null.Close() }()
	if Inode(null) != 0 {
		t.Error("a device is a pipe")
	}
}
