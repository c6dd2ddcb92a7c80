package base

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// store is an engine that keeps images in memory.
type store struct {
	images map[string]engine.Image
	loaded int
}

func (s *store) Image(_ context.Context, ref string) (engine.Image, bool, error) {
	img, ok := s.images[ref]
	return img, ok, nil
}

func (s *store) Images(_ context.Context, name string) ([]engine.Image, error) {
	var found []engine.Image
	for ref, img := range s.images {
		if strings.HasPrefix(ref, name+":") {
			found = append(found, img)
		}
	}
	return found, nil
}

func (s *store) Load(_ context.Context, r io.Reader) error {
	s.loaded++
	_, err := io.Copy(io.Discard, r)
	return err
}

// mmdebstrap answers as the tool does: first the state of the archive, then a tree.
func mmdebstrap(t *testing.T) func(host.Cmd) (string, error) {
	t.Helper()
	return func(c host.Cmd) (string, error) {
		if c.Path != "mmdebstrap" {
			return "", nil
		}
		for _, a := range c.Args {
			if hook, ok := strings.CutPrefix(a, "--customize-hook="); ok {
				dir := strings.Split(hook, "'")[1]
				put(t, filepath.Join(dir, "sources.list"), "deb http://mirror.example/debian trixie main\n")
				put(t, filepath.Join(dir, "a_InRelease"), "Date: Sat, 21 Nov 2026 09:15:44 UTC\n")
				put(t, filepath.Join(dir, "b_InRelease"), "Date: Sun, 22 Nov 2026 02:09:05 UTC\n")
				return "", nil
			}
		}
		return "", os.WriteFile(c.Args[len(c.Args)-1], rawTree(t), 0o644)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func builder(t *testing.T, run *host.Fake, s *store, said *strings.Builder) *Builder {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key.gpg")
	put(t, key, "")
	return &Builder{
		Store: s, Run: run, Facts: host.Facts{Root: true, ID: "debian", Arch: "amd64"}, Official: "debian:13.4", KeyFile: key,
		Say:      func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) },
		Registry: func(context.Context, string) error { return errors.New("connection refused") },
		Now:      func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) },
	}
}

func TestEnsureBootstrapsUnderItsOwnPointRelease(t *testing.T) {
	clause.Proves(t, "TOOL-01")
	var said strings.Builder
	run := &host.Fake{Paths: map[string]string{"mmdebstrap": "/usr/bin/mmdebstrap"}, Answer: mmdebstrap(t)}
	s := &store{}
	c, err := builder(t, run, s, &said).Ensure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Ref != "caduceus-base:13.8" || c.Source != Bootstrapped || s.loaded != 1 {
		t.Errorf("want caduceus-base:13.8 bootstrapped and loaded once, got %+v, %d loads", c, s.loaded)
	}
	if !run.Did("SOURCE_DATE_EPOCH=1795313345 mmdebstrap --variant=minbase") {
		t.Errorf("the bootstrap was not given the archive's date: %q", run.Ran)
	}
	if !strings.Contains(said.String(), "no registry has debian:13.4 (connection refused)") {
		t.Errorf("the reason is not told: %q", said.String())
	}
}

func TestMmdebstrapIsInstalledWhereItIsMissing(t *testing.T) {
	var said strings.Builder
	run := &host.Fake{Answer: mmdebstrap(t)}
	if _, err := builder(t, run, &store{}, &said).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !run.Did("DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends mmdebstrap") {
		t.Errorf("mmdebstrap was not installed: %q", run.Ran)
	}
}

func TestEnsureRefusesAKeyringThatDoesNotKnowTheSuite(t *testing.T) {
	var said strings.Builder
	b := builder(t, &host.Fake{Answer: mmdebstrap(t)}, &store{}, &said)
	b.KeyFile = filepath.Join(t.TempDir(), "none")
	_, err := b.Ensure(t.Context())
	if want := "cannot bootstrap the Debian base: this host's debian-archive-keyring does not know trixie; upgrade that package, or name a base in BASE_IMAGE"; err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
}

func TestABaseThatCannotBeMadeIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ output, want string }{
		"no network":     {"E: Failed to fetch http://m/InRelease  Could not connect", "no network: Debian's packages cannot be fetched; check that"},
		"unknown keys":   {"W: GPG error: NO_PUBKEY 6ED0E7B82643E131", `the keys of this host do not know trixie; run "apt-get install --only-upgrade`},
		"a full disk":    {"tar: write error: No space left on device", "no space left for it under"},
		"something else": {"E: first\nE: mount failed", "mmdebstrap: E: mount failed; check that"},
	} {
		t.Run(name, func(t *testing.T) {
			var said strings.Builder
			run := &host.Fake{
				Paths:  map[string]string{"mmdebstrap": "/usr/bin/mmdebstrap"},
				Answer: func(host.Cmd) (string, error) { return c.output, errors.New("exit status 25") },
			}
			s := &store{}
			_, err := builder(t, run, s, &said).Ensure(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), "cannot bootstrap the Debian base: "+c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
			if s.loaded != 0 {
				t.Error("a base that was not made whole was loaded")
			}
		})
	}
}

func TestEnsureThatIsStoppedBlamesNobody(t *testing.T) {
	var said strings.Builder
	run := &host.Fake{
		Paths:  map[string]string{"mmdebstrap": "/usr/bin/mmdebstrap"},
		Answer: func(host.Cmd) (string, error) { return "E: mmdebstrap failed to run", context.Canceled },
	}
	_, err := builder(t, run, &store{}, &said).Ensure(t.Context())
	if want := "cannot bootstrap the Debian base: context canceled"; err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
}

func TestEnsureKeepsAnOldBaseThatCannotBeMadeAnew(t *testing.T) {
	var said strings.Builder
	run := &host.Fake{
		Paths:  map[string]string{"mmdebstrap": "/usr/bin/mmdebstrap"},
		Answer: func(host.Cmd) (string, error) { return "Could not resolve", errors.New("exit status 25") },
	}
	old := engine.Image{Tags: []string{"caduceus-base:13.5"}, Labels: map[string]string{labelRecipe: "old", labelSnapshot: "1"}}
	c, err := builder(t, run, &store{images: map[string]engine.Image{"caduceus-base:13.5": old}}, &said).Ensure(t.Context())
	if err != nil || c.Ref != "caduceus-base:13.5" || c.Source != Local {
		t.Errorf("want the old base kept, got %+v, %v", c, err)
	}
	if !strings.Contains(said.String(), "kept: it could not be made anew") {
		t.Errorf("it is not told: %q", said.String())
	}
}

func TestEnsureAsksNobodyForAGivenBase(t *testing.T) {
	var said strings.Builder
	b := builder(t, &host.Fake{}, &store{}, &said)
	b.Given = "my:1"
	b.Registry = func(context.Context, string) error { t.Error("asked a registry"); return nil }
	if c, err := b.Ensure(t.Context()); err != nil || c.Ref != "my:1" {
		t.Errorf("want the base that was named, got %+v, %v", c, err)
	}
}

func TestEnsureOursDoesNotTakeTheOfficialImage(t *testing.T) {
	var said strings.Builder
	run := &host.Fake{Paths: map[string]string{"mmdebstrap": "/usr/bin/mmdebstrap"}, Answer: mmdebstrap(t)}
	b := builder(t, run, &store{images: map[string]engine.Image{"debian:13.4": {}}}, &said)
	b.Ours = true
	if c, err := b.Ensure(t.Context()); err != nil || c.Source != Bootstrapped {
		t.Errorf("want a bootstrapped base, got %+v, %v", c, err)
	}
}
