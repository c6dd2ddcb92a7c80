package scan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
)

// rigWith is a rig whose scandir has more options.
func rigWith(t *testing.T, change func(*Options)) *rig {
	t.Helper()
	r := newRig(t)
	r.scandir.mu.Lock()
	defer r.scandir.mu.Unlock()
	change(&r.scandir.opt)
	return r
}

func TestServicesOfOthersAreLeftOut(t *testing.T) {
	clause.Proves(t, "SUP-117")
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
	r := rigWith(t, func(o *Options) { o.SkipForeign = true })
	theirs := t.TempDir()
	r.file("mine/run", sleeper)
	r.file("real/run", sleeper)
	lent := t.TempDir() // another user's, but supervised by this one
	err := errors.Join(
		os.Chown(theirs, 4711, 4711), os.WriteFile(theirs+"/run", []byte(sleeper), 0o755), os.Chown(filepath.Join(r.path, "real"), 4711, 4711),
		os.Symlink(theirs, filepath.Join(r.path, "shown")), os.Symlink(lent, filepath.Join(r.path, "lent")),
		os.WriteFile(lent+"/run", []byte(sleeper), 0o755), os.Mkdir(lent+"/supervise", 0o700), os.Mkdir(lent+"/event", 0o700), os.Chown(lent, 4711, 4711),
	)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r.scandir.Scan()
	}
	r.waitUp("mine")
	r.waitUp("lent")
	if got := r.scandir.Names(); !slices.Equal(got, []string{"lent", "mine"}) {
		t.Errorf("services %q", got)
	}
	if want := `warning skipped "real": it belongs to uid 4711; give it to uid 0, or remove it`; r.said() != want {
		t.Errorf("log %q, want %q", r.said(), want)
	}
	for _, dir := range []string{theirs, filepath.Join(r.path, "real")} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s has %v, %v", dir, entries, err)
		}
	}
}

func TestNumberOfServicesHasALimit(t *testing.T) {
	clause.Proves(t, "SUP-51")
	r := rigWith(t, func(o *Options) { o.MaxEntries = 3 })
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		r.file(name+"/run", sleeper)
	}
	r.file("b/log/run", sleeper)
	r.scandir.Scan()
	if got := r.scandir.Names(); !slices.Equal(got, []string{"a", "b", "b/log"}) {
		t.Errorf("services %q", got)
	}
	if said := r.said(); !strings.Contains(said, `skipped "c": 3 services are supervised already`) || !strings.Contains(said, "looked at 6 directories") {
		t.Errorf("log:\n%s", said)
	}
}

func TestUnknownLettersAreCounted(t *testing.T) {
	clause.Proves(t, "SUP-57", "SUP-119")
	var now time.Time
	r := rigWith(t, func(o *Options) { o.Now = func() time.Time { return now } })
	now = time.Now()
	for range 1000 {
		r.scandir.obey('\x1b')
	}
	if said := r.said(); strings.Count(said, "unknown letter") != 1 || !strings.Contains(said, `'\x1b'`) {
		t.Errorf("log:\n%s", said)
	}
	now = now.Add(letterPause)
	r.scandir.obey('w')
	if said := r.said(); !strings.HasSuffix(said, `; 999 more came since the last line like this`) {
		t.Errorf("log:\n%s", said)
	}
}

// What others may call a service does nothing to a terminal.
func TestNamesAreEscaped(t *testing.T) {
	clause.Proves(t, "SUP-119")
	r := newRig(t)
	r.file("\x1b[2J\nfoo/run", "no program\n")
	r.file("\x1b[3J"+strings.Repeat("x", 240)+"/supervise", "no directory")
	r.scandir.Scan()
	r.poll("both are named", func() bool {
		return strings.Contains(r.said(), `"\x1b[2J\nfoo": cannot start run`) && strings.Contains(r.said(), `xxx"...: cannot supervise`)
	})
	for line := range strings.Lines(r.said()) {
		if strings.Contains(line, "\x1b") || len(line) > 700 {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
}
