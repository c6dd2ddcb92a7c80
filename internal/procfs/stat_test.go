package procfs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caduceus/internal/procfs"
)

func TestTheNameOfAProgramMayHoldAnything(t *testing.T) {
	const rest = " 5 6 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0\n"
	for name, want := range map[string]procfs.Stat{
		"12 (sh) S 7":           {State: 'S', Parent: 7, Group: 5, Session: 6, StartTicks: 4711},
		"12 (a) Z) (b) R 8":     {State: 'R', Parent: 8, Group: 5, Session: 6, StartTicks: 4711},
		"12 (a\nb) Z 8":         {State: 'Z', Parent: 8, Group: 5, Session: 6, StartTicks: 4711},
		"12 () X 1) 1 1 1) X 0": {State: 'X', Group: 5, Session: 6, StartTicks: 4711},
	} {
		got, ok := procfs.Parse([]byte(name + rest))
		if got != want || !ok {
			t.Errorf("%q: %+v, %v", name, got, ok)
		}
		if got.Living() != strings.ContainsRune("SR", rune(want.State)) {
			t.Errorf("%q lives: %v", name, got.Living())
		}
	}
	for _, text := range []string{"", "12 (sh)", "12 (sh) S 7 1 1", "12 (sh) S x" + rest, strings.Repeat(")", 100), "12 (sh) S 7" + strings.ReplaceAll(rest, "4711", "x")} {
		if got, ok := procfs.Parse([]byte(text)); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestThisProcessIsFound(t *testing.T) {
	self, err := procfs.Read(procfs.Root, os.Getpid())
	if err != nil || self.Parent != os.Getppid() || !self.Living() || self.StartTicks <= 0 {
		t.Errorf("%+v, %v", self, err)
	}
	if !slices.Contains(procfs.Pids(procfs.Root), os.Getpid()) {
		t.Error("it is not listed")
	}
	if boot := procfs.MachineBoot(procfs.Root); boot.IsZero() || boot.After(time.Now()) {
		t.Errorf("the machine booted at %v", boot)
	}
}

func TestWithoutProcThereIsNothingToSee(t *testing.T) {
	root := t.TempDir()
	if pids := procfs.Pids(filepath.Join(root, "missing")); pids != nil {
		t.Errorf("pids %v", pids)
	}
	if _, err := procfs.Read(root, 1); !os.IsNotExist(err) {
		t.Errorf("stat: %v", err)
	}
	for _, content := range []string{"", "btime\n", "btime x\n", "cpu 1\n"} {
		if err := os.WriteFile(filepath.Join(root, "stat"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if boot := procfs.MachineBoot(root); !boot.IsZero() {
			t.Errorf("%q: %v", content, boot)
		}
	}
}
