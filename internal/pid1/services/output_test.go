package services

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestServicesDoNotChangeTheOutputOfTheMainProgram(t *testing.T) {
	clause.Proves(t, "RCP-01")
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ reader, writer *os.File }{"terminal": {terminal, tty}, "pipe": {out, in}} {
		t.Run(name, func(t *testing.T) {
			defer func() { _, _ = c.reader.Close(), c.writer.Close() }()
			again := output(c.writer)
			defer func() { _ = again.Close() }()
			before := flags(t, c.writer)
			if err := unix.SetNonblock(int(again.Fd()), true); err != nil {
				t.Fatal(err)
			}
			if after := flags(t, c.writer); before&unix.O_NONBLOCK != 0 || after != before {
				t.Errorf("want flags %#o to stay, without O_NONBLOCK, got %#o", before, after)
			}
			if _, err := again.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 1)
			if _, err := c.reader.Read(b); err != nil || b[0] != 'x' {
				t.Errorf("want what the services write, got %q (%v)", b, err)
			}
		})
	}
}

func TestRegularFileKeepsItsOneOffset(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if output(f) != f {
		t.Error("want the same open file")
	}
}

func flags(t *testing.T, f *os.File) int {
	t.Helper()
	got, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
