package pipeline

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/host"
)

func TestZizmorIsInstalledOnceByItsHashes(t *testing.T) {
	run := &host.Fake{}
	p := &Pipeline{Root: t.TempDir(), Out: &strings.Builder{}, Run: run, Facts: host.Facts{Root: true, ID: "debian"}}
	put(t, filepath.Join(p.Root, "zizmor.lock"), "zizmor==1.0 --hash=sha256:0\n")
	if err := p.zizmor("zizmor.lock")(t.Context()); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(p.Root, ".cache", "zizmor", "bin")
	if !run.Did(bin+"/pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes -r zizmor.lock") ||
		!run.Did(bin+"/zizmor --offline --quiet --format=plain .github/workflows") {
		t.Errorf("want zizmor installed by hash and run offline, ran %q", run.Ran)
	}
	run.Ran = nil
	if err := p.zizmor("zizmor.lock")(t.Context()); err != nil || len(run.Ran) != 1 {
		t.Errorf("the second time it ran %q (%v)", run.Ran, err)
	}
	put(t, filepath.Join(p.Root, "zizmor.lock"), "zizmor==2.0 --hash=sha256:0\n")
	if err := p.zizmor("zizmor.lock")(t.Context()); err != nil || len(run.Ran) < 3 {
		t.Errorf("another version is not installed: %q (%v)", run.Ran, err)
	}
}

func TestWhatZizmorNeedsAndFindsIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		fails, prints, want string
	}{
		"no venv, and not root": {"import ensurepip", "", `cannot install zizmor: missing packages: python3 python3-venv`},
		"another file":          {"pip install", "THESE PACKAGES DO NOT MATCH THE HASHES", "cannot install zizmor: "},
		"a finding":             {"--offline", "error[template-injection]", "exit status 1"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			p := &Pipeline{Root: t.TempDir(), Out: &out, Run: &host.Fake{Answer: func(cmd host.Cmd) (string, error) {
				if strings.Contains(cmd.String(), c.fails) || slices.Contains(cmd.Args, c.fails) {
					return c.prints, errors.New("exit status 1")
				}
				return "", nil
			}}}
			put(t, filepath.Join(p.Root, "zizmor.lock"), "zizmor==1.0\n")
			err := p.zizmor("zizmor.lock")(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
			if c.fails == "--offline" && !strings.Contains(out.String(), c.prints) {
				t.Errorf("the finding is not shown: %q", out.String())
			}
		})
	}
}
