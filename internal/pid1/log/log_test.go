package log

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"caduceus/internal/clause"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestALineHasItsSourceAndLevel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		level, line Level
		want        string
	}{
		{Info, Error, "init: fatal: x 1\n"},
		{Info, Warning, "init: warning: x 1\n"},
		{Info, Info, "init: info: x 1\n"},
		{Info, Debug, ""},
		{5, Debug, "init: debug: x 1\n"},
		{Error, Warning, ""},
	} {
		var out bytes.Buffer
		l := New(&out, c.level)
		l.Add(c.line, "init", "x 1")
		l.Close()
		<-l.done
		if out.String() != c.want {
			t.Errorf("level %d, line of level %d: %q, want %q", c.level, c.line, out.String(), c.want)
		}
	}
}

// stuck is a reader that does not read until it is released.
type stuck struct {
	release chan struct{}
	mu      sync.Mutex
	got     bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.release
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Write(p)
}

func TestABlockedReaderBlocksNobodyAndLossIsCounted(t *testing.T) {
	clause.Proves(t, "SUP-88")
	t.Parallel()
	out := &stuck{release: make(chan struct{})}
	l := New(out, Info)
	l.Logger("init").Infof("first")
	for { // until the writer hangs in its first write
		l.mu.Lock()
		taken := len(l.ring) == 0
		l.mu.Unlock()
		if taken {
			break
		}
	}
	const extra = 44
	for i := range MaxLines + extra {
		l.Logger("init").Infof("line %d", i)
	}
	if l.Flush(time.Millisecond) {
		t.Error("Flush reports success while the reader is stuck")
	}
	l.mu.Lock()
	got := l.dropped
	l.mu.Unlock()
	if got != extra {
		t.Errorf("dropped %d lines, want %d", got, extra)
	}
	close(out.release)
	if !l.Flush(time.Minute) {
		t.Error("Flush fails although the reader reads")
	}
	l.Close()
	<-l.done
	text := out.got.String()
	if want := fmt.Sprintf("init: warning: %d log lines dropped\n", extra); !strings.HasSuffix(text, want) {
		t.Errorf("log does not end in %q: %q", want, text[max(0, len(text)-100):])
	}
	if got := strings.Count(text, "\n"); got != 1+MaxLines+1 {
		t.Errorf("%d lines written, want %d", got, 1+MaxLines+1)
	}
}

func TestLinesNobodyReadsTakeBoundedMemory(t *testing.T) {
	clause.Proves(t, "SUP-88")
	t.Parallel()
	out := &stuck{release: make(chan struct{})}
	l := New(out, Info)
	for range 20 {
		l.Logger("init").Infof("%s", strings.Repeat("x", 20_000))
	}
	l.mu.Lock()
	bytes := l.bytes
	l.mu.Unlock()
	if bytes > MaxBytes {
		t.Errorf("ring holds %d bytes", bytes)
	}
	close(out.release)
	l.Close()
	<-l.done
}

func TestATextOfSeveralLinesBecomesOne(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := New(&out, Info)
	l.Logger("init").Warnf("%v", errors.Join(errors.New("a"), errors.New("b")))
	l.Close()
	<-l.done
	if want := "init: warning: a; b\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestAHugeLineIsCut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := New(&out, Info)
	l.Logger("init").Infof("%s", strings.Repeat("x", 1<<20))
	l.Close()
	<-l.done
	if out.Len() != MaxBytes || !strings.HasSuffix(out.String(), "x\n") {
		t.Errorf("wrote %d bytes, want %d", out.Len(), MaxBytes)
	}
}
