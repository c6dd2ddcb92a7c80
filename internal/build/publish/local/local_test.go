package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/build/publish"
	"caduceus/internal/host"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const revision = "0123456789abcdef0123456789abcdef01234567"

// archiveStore is a Store of one image, in an archive.
type archiveStore struct {
	name, archive string
	image         publish.Image
}

func (s archiveStore) Image(_ context.Context, ref string) (publish.Image, bool, error) {
	return s.image, ref == s.name, nil
}

func (s archiveStore) Save(_ context.Context, id, file string) error {
	if id != s.image.ID {
		return fmt.Errorf("no image %q", id)
	}
	return os.Link(s.archive, file)
}

func newArchiveStore(t *testing.T, version string) archiveStore {
	t.Helper()
	img, err := random.Image(1024, 2)
	if err != nil {
		t.Fatal(err)
	}
	id, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag("local/image:dev")
	if err != nil {
		t.Fatal(err)
	}
	s := archiveStore{name: "hermes-agent:dev", archive: filepath.Join(t.TempDir(), "saved.tar"), image: publish.Image{
		ID: id.String(), Labels: map[string]string{"org.opencontainers.image.version": version, "org.opencontainers.image.revision": revision, "caduceus.variant": "full"},
	}}
	if err := tarball.WriteToFile(s.archive, tag, img); err != nil {
		t.Fatal(err)
	}
	return s
}

// newPublisher is of a repository whose "git status" is dirty.
func newPublisher(t *testing.T, env map[string]string, dirty string) (Publisher, *bytes.Buffer) {
	t.Helper()
	run := &host.Fake{Answer: func(c host.Cmd) (string, error) {
		switch c.Args[len(c.Args)-1] {
		case "--porcelain":
			return dirty, nil
		case "--show-prefix":
			return "\n", nil
		}
		return revision + "\n", nil
	}}
	out := &bytes.Buffer{}
	return New(t.TempDir(), run, func(k string) string { return env[k] }, out), out
}

func newRegistry(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://") + "/team/hermes-agent"
}

func TestATestedImageIsPublished(t *testing.T) {
	p, out := newPublisher(t, nil, "")
	s := newArchiveStore(t, "1.2.3")
	r := publish.Request{Address: newRegistry(t), Variant: "full"}
	if err := os.MkdirAll(p.CacheDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	if line, err := RecordPass(t.Context(), p.Run, p.Root, s.image.ID, 3); err != nil || !strings.Contains(line, "ready, "+s.image.ID) {
		t.Fatal(line, err)
	}
	first, err := p.From(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := lines[len(lines)-1]; last != "digest  "+first.Reference {
		t.Errorf("the last line is %q, want the reference %q to paste", last, first.Reference)
	}
	second, err := p.From(t.Context(), s, r)
	if err != nil || second.Changed || second.Reference != first.Reference {
		t.Errorf("the second run gave %+v, %v", second, err)
	}
	left, err := filepath.Glob(filepath.Join(p.CacheDir(), "publish-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestAnUnfitImageIsNamedBeforeThePush(t *testing.T) {
	cases := map[string]struct {
		env   map[string]string
		dirty string
		want  string
	}{
		"an untested image":         {nil, "", "have not passed"},
		"a dirty tree":              {nil, " M cmd/hermes/main.go\n?? new file\n", "differs from its revision: cmd/hermes/main.go, new file"},
		"an image that is not here": {map[string]string{"PUBLISH_IMAGE": "nothing:here"}, "", `cannot publish "nothing:here": the engine has no such image`},
		"half of the credentials":   {map[string]string{publish.EnvUsername: "me"}, "", publish.EnvPassword + " is not set"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, _ := newPublisher(t, c.env, c.dirty)
			_, err := p.From(t.Context(), newArchiveStore(t, "1.2.3"), publish.Request{Address: newRegistry(t), Variant: "full"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestADirtyTreeLeavesNoRecord(t *testing.T) {
	p, _ := newPublisher(t, nil, " M file\n")
	if line, err := RecordPass(t.Context(), p.Run, p.Root, "sha256:1", 3); err != nil || !strings.Contains(line, "not ready") {
		t.Error(line, err)
	}
	if passes, err := publish.Passes(p.CacheDir()); err != nil || passes != nil {
		t.Errorf("recorded %v, %v", passes, err)
	}
}

func TestAFolderWithoutGitHasNoRevision(t *testing.T) {
	run := &host.Fake{Answer: func(host.Cmd) (string, error) { return "", errors.New("exit status 128") }}
	tree, err := Tree(t.Context(), run, t.TempDir())
	if err != nil || tree.Revision != "" {
		t.Errorf("want a tree without revision, got %+v, %v", tree, err)
	}
}

// A worktree has its own .git, which is a file; an archive has none, wherever it was unpacked.
func TestAWorktreeHasItsRevisionAndAFolderOfAnotherRepositoryNone(t *testing.T) {
	clone := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		var out strings.Builder
		cmd := host.Cmd{Path: "git", Dir: clone, Stdout: &out, Args: append([]string{"-c", "user.name=a", "-c", "user.email=a@b"}, args...)}
		if err := (host.Exec{}).Run(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out.String())
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "one")
	worktree, folder := filepath.Join(t.TempDir(), "w"), filepath.Join(clone, "unpacked")
	git("worktree", "add", "-q", worktree)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{clone: git("rev-parse", "HEAD"), worktree: git("rev-parse", "HEAD"), folder: "", t.TempDir(): ""} {
		if tree, err := Tree(t.Context(), host.Exec{}, dir); err != nil || tree.Revision != want {
			t.Errorf("%s: revision %q, want %q, %v", dir, tree.Revision, want, err)
		}
	}
}

func TestChangedFilesAreListed(t *testing.T) {
	got := dirty(" M a\n?? b c\nR  d -> e\n")
	if diff := cmp.Diff([]string{"a", "b c", "d -> e"}, got); diff != "" {
		t.Error(diff)
	}
	if len(dirty("")) != 0 {
		t.Error("a clean tree has dirty files")
	}
}
