package harness

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
)

func TestProcessesAreFoundByWhatTheyAre(t *testing.T) {
	all := Processes{
		{PID: 1, PPID: 0, UID: 0, State: "S", Args: "/init /opt/x y"},
		{PID: 17, PPID: 1, UID: 10000, State: "S", Args: "sleep infinity"},
		{PID: 20, PPID: 1, UID: 10000, State: "Z", Args: "[sh]"},
	}
	if z := all.Zombies(); len(z) != 1 || z[0].PID != 20 {
		t.Errorf("want zombie 20, got %v", z)
	}
	if m := all.Matching(`sh`); len(m) != 0 {
		t.Errorf("a zombie matched: %v", m)
	}
	if c := all.Children(1).Matching(`^sleep`); len(c) != 1 {
		t.Errorf("want one sleeping child, got %v", c)
	}
}

func TestAScriptAsksAgainWhatACheckAsked(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Fatal(err)
	}
	s := &Subject{image: "my image", journal: &journal{}}
	if s.Looked() {
		t.Error("a check that asked nothing looked")
	}
	s.journal.add(step{container: "id", start: Spec{
		Cmd: []string{"sleep", "infinity"}, Env: map[string]string{"A": "it's"}, Host: func(h *container.HostConfig) { h.ReadonlyRootfs = true },
	}.flags()})
	ask := Exec{Cmd: []string{"sh", "-c", "id -u; echo 'a b'"}, User: "hermes"}
	for _, output := range []string{"", "10000\na b"} {
		s.journal.add(step{container: "id", exec: ask.operands(), code: 3, output: output})
	}
	script := s.Script("it holds\nnot")
	file := filepath.Join(t.TempDir(), "repeat.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	fake := filepath.Join(t.TempDir(), "docker")
	for answer, want := range map[string]int{"7\na b": 1, "7\na c": 0} {
		text := "#!/bin/sh\necho \"$@\" >>" + fake + ".log\ncase $1 in run) echo c-1;; exec) printf '%s\\n' '" + answer + "'; exit 3;; esac\n"
		if err := os.WriteFile(fake, []byte(text), 0o700); err != nil { //nolint:gosec // a program of the test
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "sh", file)
		cmd.Env = append(os.Environ(), "DOCKER="+fake)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != want {
			t.Errorf("%q: exit code %d, want %d: %v\n%s\n%s", answer, cmd.ProcessState.ExitCode(), want, err, out, script)
		}
	}
	log, err := os.ReadFile(fake + ".log")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"run -d -e A=it's --read-only my image sleep infinity\n", "exec -u hermes c-1 sh -c id -u; echo 'a b'\n", "rm -fv c-1\n"} {
		if !strings.Contains(string(log), want) {
			t.Errorf("no %q in\n%s", want, log)
		}
	}
}

func TestArchiveKeepsOwnersModesAndLinks(t *testing.T) {
	r, err := archive([]File{
		{Path: "/opt/data", Dir: true, UID: 7, GID: 8},
		File{Path: "/opt/data/a", Content: "text"}.Hermes(),
		{Path: "/opt/data/l", Link: "/etc"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join([]string{h.Name, h.FileInfo().Mode().String(), h.Linkname, string(body)}, " "))
		if h.Name == "opt/data/a" && (h.Uid != hermesID || h.Gid != hermesID) {
			t.Errorf("want hermes' file, got %d:%d", h.Uid, h.Gid)
		}
	}
	want := []string{"opt/data drwxr-xr-x  ", "opt/data/a -rw-r--r--  text", "opt/data/l Lrwxrwxrwx /etc "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBuildErrorCarriesWhatWasPrinted(t *testing.T) {
	err := buildError(strings.NewReader(`{"stream":"Step 1"}{"stream":"boom\n"}{"error":"exit 1"}`))
	if err == nil || !strings.Contains(err.Error(), "exit 1") || !strings.Contains(err.Error(), "boom") {
		t.Errorf("want the error and what the build printed, got %v", err)
	}
	if err := buildError(strings.NewReader(`{"stream":"Step 1"}`)); err != nil {
		t.Errorf("want nil for a good build, got %v", err)
	}
}

func TestTheEndOfALongTextIsKept(t *testing.T) {
	if got := clip(strings.Repeat("a", 5000) + "end"); !strings.HasSuffix(got, "end") || len(got) > 2100 {
		t.Errorf("want at most 2100 bytes with the end, got %d bytes ending %q", len(got), got[len(got)-5:])
	}
}
