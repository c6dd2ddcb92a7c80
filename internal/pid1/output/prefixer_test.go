package output

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestPrefixLines(t *testing.T) {
	clause.Proves(t, "DASH-06", "FAULT-18")
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		name, in string
		flush    bool
		text     string
		left     string
	}{
		{"nothing", "", false, "", ""},
		{"whole lines", "a\n\nb\n", false, "> a\n> \n> b\n", ""},
		{"unfinished", "a\nb", false, "> a\n", "b"},
		{"unfinished at the end", "a\nb", true, "> a\n> b\n", ""},
		{"NUL and CR pass", "a\x00\r\n", false, "> a\x00\r\n", ""},
		{"longest line", long + "\n", false, "> " + long + "\n", ""},
		{"too long", long + "y\n", false, "> " + long + "\n> y\n", ""},
		{"too long and unfinished", long + "y", false, "> " + long + "\n", "y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, left := prefixLines("> ", []byte(tt.in), tt.flush)
			if string(text) != tt.text || string(left) != tt.left {
				t.Errorf("got %.60q, left %.20q", text, left)
			}
		})
	}
}

// FuzzPrefixLines: without the prefixes, nothing is lost and nothing is made up
// but the ends of cut lines.
func FuzzPrefixLines(f *testing.F) {
	f.Add([]byte("a\nb\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, flush bool) {
		text, left := prefixLines("", data, flush)
		got := append(bytes.ReplaceAll(text, []byte("\n"), nil), left...)
		if want := bytes.ReplaceAll(data, []byte("\n"), nil); !bytes.Equal(got, want) {
			t.Errorf("%q became %q and %q", data, text, left)
		}
	})
}

func TestPrefixerFlood(t *testing.T) {
	clause.Proves(t, "DASH-06", "FAULT-18", "SUP-88")
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(0, out, new(sync.Mutex), func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	p.Use("> ", 0)
	got := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		got <- string(b)
	}()
	line := strings.Repeat("z", 100) + "\n"
	for range 5000 {
		if _, err := io.WriteString(p.Writer, line); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	<-p.done
	_ = out.Close()
	if text := <-got; text != strings.Repeat("> "+line, 5000) {
		t.Errorf("%d bytes came out, want %d", len(text), 5000*(len(line)+2))
	}
}

// A reader that is gone must not end the init, nor block the service.
func TestPrefixerWithoutReader(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	p, err := New(0, out, new(sync.Mutex), func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		if _, err := io.WriteString(p.Writer, strings.Repeat("z", 100)+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	<-p.done
	_ = out.Close()
}

func TestPrefixersOfABlockedReaderShareAThread(t *testing.T) {
	clause.Proves(t, "SUP-101", "SUP-89")
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	writeUntilFull(t, out)
	before := threads(t)
	var turn sync.Mutex
	var all []*Prefixer
	for range 64 {
		p, err := New(0, out, &turn, func(text string) { t.Error(text) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(p.Writer, "line\n"); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	for _, p := range all {
		for left := 1; left > 0; <-time.After(time.Millisecond) {
			if left, err = unix.IoctlGetInt(int(p.Writer.Fd()), unix.TIOCINQ); err != nil {
				t.Fatal(err)
			}
		}
	}
	if grown := threads(t) - before; grown > 16 {
		t.Errorf("%d more threads for 64 services", grown)
	}
	_ = r.Close()
	for _, p := range all {
		_ = p.Writer.Close()
		<-p.done
	}
	_ = out.Close()
}

func writeUntilFull(t *testing.T, out *os.File) {
	t.Helper()
	if err := out.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 4096)
	for full := false; !full; {
		_, err := out.Write(chunk)
		full = err != nil
	}
}

func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}
