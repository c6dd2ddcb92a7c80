package stdio

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

const nobody = 65534

// TestMain is the child of the tests, too: it shares its streams, then becomes another user.
func TestMain(m *testing.M) {
	if os.Getenv("STDIO_TEST_CHILD") == "" {
		m.Run()
		return
	}
	err := Share(nobody)
	if err == nil {
		err = unix.Setresuid(nobody, nobody, nobody)
	}
	if err == nil {
		err = unix.Exec("/bin/sh", []string{"sh", "-c", os.Getenv("STDIO_TEST_CHILD")}, []string{"PATH=/usr/bin:/bin"})
	}
	panic(err)
}

func child(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root for another user")
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = []string{"STDIO_TEST_CHILD=" + script}
	return cmd
}

func TestPipesOpenByNameInTheirOwnDirection(t *testing.T) {
	clause.Proves(t, "BOOT-21")
	cmd := child(t, `read x </dev/stdin; echo "$x" >/dev/stdout; echo b >>/proc/self/fd/2
		for f in 1 2; do (: </proc/$$/fd/$f) 2>/dev/null && echo "can read $f"; done; (: >/proc/$$/fd/0) 2>/dev/null && echo "can write stdin"; true`)
	var out, errs strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("a\n"), &out, &errs
	if err := cmd.Run(); err != nil || out.String() != "a\n" || errs.String() != "b\n" {
		t.Errorf("%v: stdout %q, stderr %q", err, out.String(), errs.String())
	}
}

func TestATerminalGoesToWhoWorksThere(t *testing.T) {
	clause.Proves(t, "BOOT-21")
	cmd := child(t, `echo a >/dev/stdout; echo b >/dev/stderr; stat -Lc %u /proc/self/fd/0`)
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = terminal.Close() }()
	var text string
	buf := make([]byte, 1024)
	for {
		n, err := terminal.Read(buf)
		text += string(buf[:n])
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil || text != "a\r\nb\r\n65534\r\n" {
		t.Errorf("%v: %q", err, text)
	}
}

func TestFilesAndNamedPipesAreLeftAlone(t *testing.T) {
	clause.Proves(t, "BOOT-21")
	fifo := t.TempDir() + "/fifo"
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(t.TempDir()+"/file", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd := child(t, ":")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, out
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{in, out} {
		if info, err := f.Stat(); err != nil || info.Mode().Perm() != 0o600 || info.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}
