//go:build linux

package inside

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/verify/probe"
)

// ask answers a question as a container would, and reads the answer as hermes-verify does.
func ask(t *testing.T, question string, operands ...string) (probe.Answer, error) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Run(append([]string{"word", question}, operands...), &out, &errs); code != 0 || errs.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	return probe.Read(bytes.TrimSpace(out.Bytes()), "word", question)
}

func TestFilesAreWhatTheyAre(t *testing.T) {
	dir := t.TempDir()
	file, link, none := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "none")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	a, err := ask(t, probe.Files, file, link, none, dir)
	if err != nil || len(a.Files) != 4 {
		t.Fatalf("got %+v, %v", a, err)
	}
	if f := a.Files[0]; f.Type != "file" || f.Mode != 0o600 || f.Size != 4 || int(f.UID) != os.Geteuid() {
		t.Errorf("got %+v", f)
	}
	if f := a.Files[1]; f.Type != "link" || f.Target != "file" {
		t.Errorf("got %+v", f)
	}
	if f := a.Files[2]; f.Error != "no such file or directory" || f.Type != "" {
		t.Errorf("got %+v", f)
	}
	if f := a.Files[3]; f.Type != "directory" {
		t.Errorf("got %+v", f)
	}
	if a, err := ask(t, probe.Content, file); err != nil || string(a.Content) != "text" || a.Cut {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := ask(t, probe.Content, none); err == nil {
		t.Error("content of nothing")
	}
}

func TestProcessesAreSeenWithTheirCommands(t *testing.T) {
	a, err := ask(t, probe.Processes)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range a.Processes {
		if p.PID == os.Getpid() {
			t.Error("the probe shows itself")
		}
		if p.PID == os.Getppid() && len(p.Command) > 0 && p.Comm != "" && p.State != "" {
			return
		}
	}
	t.Errorf("the parent is not among %d processes", len(a.Processes))
}

func TestAQuestionThatNobodyKnowsIsAnError(t *testing.T) {
	if _, err := ask(t, "weather"); err == nil || !strings.Contains(err.Error(), "no such question") {
		t.Errorf("got %v", err)
	}
	if a, err := ask(t, probe.Slot, t.TempDir()); err != nil || len(a.Slots) != 1 || a.Slots[0].Supervised {
		t.Errorf("a directory that is no slot: %+v, %v", a, err)
	}
}
