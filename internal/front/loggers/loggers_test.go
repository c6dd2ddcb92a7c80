package loggers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
	"caduceus/internal/s6"
)

// house is a slot whose logger is a process that reads nothing, and a volume.
type house struct {
	*testing.T
	Tender
	logger, logs string
	control      int // read end of the logger's control fifo
	said         []string
}

func newHouse(t *testing.T, waiting int) *house {
	t.Helper()
	h := &house{T: t}
	scandir, home := t.TempDir(), t.TempDir()
	h.logger, h.logs = filepath.Join(scandir, "gateway-coder", "log"), filepath.Join(home, "logs", "gateways", "coder")
	fifo := filepath.Join(h.logger, "supervise", "control")
	for _, err := range []error{os.MkdirAll(filepath.Dir(fifo), 0o755), os.MkdirAll(h.logs, 0o755), unix.Mkfifo(fifo, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if h.control, err = unix.Open(fifo, unix.O_RDWR|unix.O_NONBLOCK, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(h.control) })
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	if _, err := writer.Write(make([]byte, waiting)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sleep", "3600")
	cmd.Stdin = reader
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	status := s6.Status{Pid: cmd.Process.Pid, PGID: cmd.Process.Pid, WantUp: true, Stamp: time.Now()}
	if err := os.WriteFile(filepath.Join(h.logger, "supervise", "status"), status.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	h.Tender = *NewTender(gateway.Scandir{Path: scandir}, profile.Home(home), func(format string, args ...any) {
		h.said = append(h.said, fmt.Sprintf(format, args...))
	})
	return h
}

// letters are those that the logger was sent.
func (h *house) letters() string {
	buf := make([]byte, 16)
	n, _ := unix.Read(h.control, buf)
	return string(buf[:max(n, 0)])
}

// noRoom makes each write to the log directory fail.
func (h *house) noRoom() {
	if err := os.RemoveAll(h.logs); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(h.logs, nil, 0o644); err != nil {
		h.Fatal(err)
	}
}

func TestALoggerThatCannotWriteIsEnded(t *testing.T) {
	clause.Proves(t, "LOG-07")
	for name, c := range map[string]struct {
		waiting int
		full    bool
		want    string
	}{
		"behind, and no room":  {60 << 10, true, "k"},
		"behind, but room":     {60 << 10, false, ""},
		"not behind":           {100, true, ""},
		"not behind, and room": {0, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, c.waiting)
			if c.full {
				h.noRoom()
			}
			if h.Look(); h.letters() != "" {
				t.Error("it was ended at the first look")
			}
			if h.Look(); h.letters() != c.want {
				t.Errorf("want letters %q, said %q", c.want, h.said)
			}
			if said := strings.Join(h.said, "\n"); strings.Contains(said, "docker logs only") != (c.want != "") {
				t.Error(said)
			}
			if left, _ := os.ReadDir(h.logs); len(left) != 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

func TestALoggerGoesOnWithItsFileWhenThereIsRoom(t *testing.T) {
	clause.Proves(t, "LOG-07")
	h := newHouse(t, 60<<10)
	if err := os.WriteFile(filepath.Join(h.logger, gateway.NoRoomFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	room := h.logs
	h.noRoom()
	for range 3 {
		h.Look()
	}
	if letters := h.letters(); letters != "" || len(h.said) != 0 {
		t.Errorf("without room: letters %q, said %q", letters, h.said)
	}
	if err := os.Remove(room); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(room, 0o755); err != nil {
		t.Fatal(err)
	}
	h.Look()
	if letters := h.letters(); letters != "t" || !slices.ContainsFunc(h.said, func(s string) bool { return strings.Contains(s, "there is room") }) {
		t.Errorf("with room: letters %q, said %q", letters, h.said)
	}
}

func TestALoggerThatIsDownOrUnknownIsLeftAlone(t *testing.T) {
	clause.Proves(t, "LOG-07")
	h := newHouse(t, 60<<10)
	h.noRoom()
	down := s6.Status{Stamp: time.Now(), Ready: true}
	if err := os.WriteFile(filepath.Join(h.logger, "supervise", "status"), down.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		h.Look()
	}
	if letters := h.letters(); letters != "" {
		t.Errorf("letters %q", letters)
	}
	if n := backlog("/proc", 1<<30); n != 0 {
		t.Errorf("%d bytes wait for nobody", n)
	}
}
