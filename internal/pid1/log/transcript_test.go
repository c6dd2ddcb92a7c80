package log

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"caduceus/internal/clause"
)

// file is a file that is not closed twice.
type file struct {
	bytes.Buffer
	closed int
}

func (f *file) Close() error {
	f.closed++
	return nil
}

func TestAQuietBootIsTranscribedAndShowsWarnings(t *testing.T) {
	clause.Proves(t, "BOOT-22", "BOOT-23")
	synctest.Test(t, func(t *testing.T) {
		var shown bytes.Buffer
		var kept file
		l := NewBoot(&shown, Warning)
		init := l.Logger("init")
		init.Warnf("early")
		init.Infof("step")
		init.Debugf("detail")
		l.Record(&kept)
		l.Pass([]byte("of a script\n"), true)
		l.Pass([]byte("complaint\n"), false)
		l.EndBoot()
		init.Infof("later")
		l.Pass([]byte("of a daemon\n"), true)
		l.Close()
		<-l.done
		if want := "init: warning: early\ncomplaint\nof a daemon\n"; shown.String() != want {
			t.Errorf("shown: %q, want %q", shown.String(), want)
		}
		at := time.Now().UTC().Format(stamp)
		want := at + "init: warning: early\n" + at + "init: info: step\n" + at + "of a script\n" + at + "complaint\n"
		if kept.String() != want || kept.closed != 1 {
			t.Errorf("kept: %q, want %q; closed %d times", kept.String(), want, kept.closed)
		}
	})
}

func TestAFailureShowsWhatWasHeldBack(t *testing.T) {
	clause.Proves(t, "BOOT-22")
	var shown bytes.Buffer
	l := NewBoot(&shown, Warning)
	l.Logger("init").Infof("one")
	l.Pass([]byte("two\n"), true)
	l.Release()
	l.Logger("init").Infof("three")
	l.Pass([]byte("four\n"), true)
	l.Release()
	l.EndBoot()
	l.Logger("init").Infof("five")
	l.Close()
	<-l.done
	if want := "init: info: one\ntwo\ninit: info: three\nfour\n"; shown.String() != want {
		t.Errorf("shown: %q, want %q", shown.String(), want)
	}
}

func TestWhatIsHeldAndKeptHasABound(t *testing.T) {
	clause.Proves(t, "BOOT-22", "BOOT-23")
	var kept file
	tr := NewTranscript(time.Now)
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for i := range 1000 {
		if i == 100 {
			tr.Record(&kept)
		}
		tr.Add(line, true)
	}
	held := string(tr.Release())
	if n := strings.Count(held, "x\n"); n != maxHeld/1024 || !strings.HasSuffix(held, fmt.Sprintf("init: warning: %d more lines of the boot were not kept\n", 1000-n)) {
		t.Errorf("%d lines are held; the end is %q", n, held[len(held)-80:])
	}
	if n := strings.Count(kept.String(), "x\n"); n != maxTranscript/1024 || !strings.HasSuffix(kept.String(), "  the rest of the boot is left out\n") {
		t.Errorf("%d lines are kept; the end is %q", n, kept.String()[kept.Len()-80:])
	}
	if again := tr.Release(); len(again) != 0 {
		t.Errorf("released twice: %q", again)
	}
}

// A script that prints more than anybody reads waits, and the init goes on logging.
func TestAFloodOfAScriptWaitsAndDropsNothing(t *testing.T) {
	clause.Proves(t, "SUP-88")
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{release: make(chan struct{})}
		l := New(out, Info)
		const lines = 3 * MaxLines
		flooded := make(chan struct{})
		go func() {
			defer close(flooded)
			for range lines {
				l.Pass([]byte("flood\n"), false)
			}
		}()
		synctest.Wait()
		select {
		case <-flooded:
			t.Error("the flood did not wait")
		default:
		}
		for range MaxLines / 4 {
			l.Logger("init").Infof("own")
		}
		close(out.release)
		<-flooded
		l.Close()
		<-l.done
		text := out.got.String()
		if f, o := strings.Count(text, "flood\n"), strings.Count(text, "own\n"); f != lines || o != MaxLines/4 || strings.Contains(text, "dropped") {
			t.Errorf("%d lines of the flood and %d of the init", f, o)
		}
	})
}
