package volumelock

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func containers() (self, other Container) {
	self = Container{Hostname: "self", Boot: "b", Mounts: "mnt:[1]"}
	return self, Container{Hostname: "other", Boot: "b", Mounts: "mnt:[2]"}
}

func TestOnlyALivingOtherContainerCounts(t *testing.T) {
	clause.Proves(t, "RUN-10")
	self, other := containers()
	dir := t.TempDir()
	if got, found := Other(dir, self); found {
		t.Errorf("a fresh volume is in use: %v", got)
	}
	theirs, err := Take(dir, other)
	if err != nil {
		t.Fatal(err)
	}
	if got, found := Other(dir, self); !found || got != other {
		t.Errorf("want the holder, got %v, %t", got, found)
	}
	if got, found := Other(dir, other); found {
		t.Errorf("the holder finds itself: %v", got)
	}
	if _, err := Take(dir, self); !errors.Is(err, held.ErrBusy) {
		t.Errorf("want a taken volume to be busy, got %v", err)
	}
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
	if got, found := Other(dir, self); found {
		t.Errorf("a dead container counts: %v", got)
	}
	mine, err := Take(dir, self)
	if err != nil {
		t.Fatal(err)
	}
	if got, found := Other(dir, other); !found || got != self {
		t.Errorf("want the new holder, got %v, %t", got, found)
	}
	_ = mine.Close()
}

func TestAHolderThatNobodyCanReadIsStillAnotherContainer(t *testing.T) {
	clause.Proves(t, "RUN-10")
	self, other := containers()
	for name, content := range map[string]string{"empty": "", "garbage": "{\x00", "another shape": `["x"]`} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			theirs, err := Take(dir, other)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = theirs.Close() }()
			if err := os.WriteFile(filepath.Join(dir, File), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, found := Other(dir, self)
			if !found || got != (Container{}) {
				t.Errorf("want a nameless other, got %v, %t", got, found)
			}
			if text := Warning("/opt/data", got); !strings.Contains(text, "/opt/data") || !strings.Contains(text, "unknown") {
				t.Errorf("want H and a word for the hostname in %q", text)
			}
		})
	}
}

func TestTheWarningIsOneLine(t *testing.T) {
	if text := Warning("/opt/data", Container{Hostname: "a\n\x1b[2Jb"}); strings.ContainsAny(text, "\n\x1b") {
		t.Errorf("a hostname moves the cursor: %q", text)
	}
}

func TestALinkOrFifoInPlaceOfTheLockIsLeftAlone(t *testing.T) {
	self, _ := containers()
	for name, put := range map[string]func(path string) error{
		"symlink":   func(path string) error { return os.Symlink("victim", path) },
		"directory": func(path string) error { return os.Mkdir(path, 0o755) },
		"fifo":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			victim := filepath.Join(dir, "victim")
			if err := errors.Join(os.WriteFile(victim, []byte("kept"), 0o600), put(filepath.Join(dir, File))); err != nil {
				t.Fatal(err)
			}
			if f, err := Take(dir, self); err == nil {
				t.Errorf("claimed through a %s", name)
				_ = f.Close()
			}
			if _, found := Other(dir, self); found {
				t.Errorf("a %s counts as a container", name)
			}
			if got, err := os.ReadFile(victim); err != nil || string(got) != "kept" {
				t.Errorf("the file behind is %q, %v", got, err)
			}
		})
	}
}
