package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/build/publish"
)

func TestTheGateOfAnImageHasTheNameOfItsVariant(t *testing.T) {
	for name, c := range map[string]struct{ variant, gate, tag string }{
		"slim":               {"slim", "test-docker-slim", "slim"},
		"of no variant":      {"", "test-docker", "tested"},
		"an invented label":  {"slim --privileged", "test-docker", "tested"},
		"the whole of ours":  {"full", "test-docker-full", "full"},
		"a variant's folder": {"../slim", "test-docker", "tested"},
	} {
		t.Run(name, func(t *testing.T) {
			a := archive{facts: publish.Image{Labels: map[string]string{publish.VariantLabel: c.variant}}}
			if gate, tag := a.gate(); gate != c.gate || tag != c.tag {
				t.Errorf("want %q, %q, got %q, %q", c.gate, c.tag, gate, tag)
			}
		})
	}
}

func TestTheWholeOfFullIsJudgedByMutants(t *testing.T) {
	for _, c := range []struct{ tag, run, want string }{
		{"full", "", "test:docker test:mutants"},
		{"slim", "", "test:docker"},
		{"tested", "", "test:docker"},
		{"full", "TestContract", "test:docker"},
	} {
		if got := strings.Join(targets(c.tag, c.run)[1:], " "); got != c.want {
			t.Errorf("%s, RUN=%q: want %q, got %q", c.tag, c.run, c.want, got)
		}
	}
}

// The file's name here means nothing to who gave it elsewhere.
func TestAFileThatIsNotAnImageIsRefusedWithoutItsPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := read(path)
	if err == nil || !strings.HasPrefix(err.Error(), `the file is not an image as "docker save" writes it: `) || strings.Contains(err.Error(), path) {
		t.Errorf("want the file refused without its path, got %v", err)
	}
}
