package harness

import (
	"archive/tar"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProcessesAreReadFromProc(t *testing.T) {
	got, err := parseProcesses(`      1       0     0 Ssl  /init /opt/x  y
     17       1 10000 S    sleep infinity
     20       1 10000 Z    [sh] <defunct>
     42       0     0 Rs   ` + psCommand + "\n")
	if err != nil {
		t.Fatal(err)
	}
	want := Processes{
		{PID: 1, PPID: 0, UID: 0, State: "Ssl", Args: "/init /opt/x y"},
		{PID: 17, PPID: 1, UID: 10000, State: "S", Args: "sleep infinity"},
		{PID: 20, PPID: 1, UID: 10000, State: "Z", Args: "[sh] <defunct>"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if z := got.Zombies(); len(z) != 1 || z[0].PID != 20 {
		t.Errorf("want zombie 20, got %v", z)
	}
	if m := got.Matching(`sh`); len(m) != 0 {
		t.Errorf("a zombie matched: %v", m)
	}
	if c := got.Children(1).Matching(`^sleep`); len(c) != 1 {
		t.Errorf("want one sleeping child, got %v", c)
	}
}

func TestParseProcessesRefusesOtherOutput(t *testing.T) {
	for name, out := range map[string]string{"short line": "1 2 3\n", "no number": "a b c d e\n"} {
		if got, err := parseProcesses(out); err == nil {
			t.Errorf("%s: want an error, got %v", name, got)
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
