//go:build docker

package publish

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"caduceus/internal/build/publish"
	"caduceus/internal/engine"
)

// clone is a clean repository with what "mage publish" is made of, and an image of its
// one revision that passed the tests.
type clone struct {
	dir, image, address string
	target              string // of mage
}

func newClone(t *testing.T, r *registry, target, variant string) clone {
	t.Helper()
	c := clone{dir: t.TempDir(), address: r.address + "/team/hermes-agent", target: target}
	root := filepath.Join("..", "..")
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(c.dir, name), string(text))
	}
	for _, name := range []string{"image", "internal", "magefiles"} {
		if err := os.CopyFS(filepath.Join(c.dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(c.dir, ".gitignore"), "/.cache/\n")
	c.git(t, "init", "-q")
	c.git(t, "add", "-A")
	c.git(t, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "all")
	revision := c.git(t, "rev-parse", "HEAD")
	c.image = importImage(t, map[string]string{
		"org.opencontainers.image.version":  "1.2.3",
		"org.opencontainers.image.revision": revision,
		"caduceus.variant":                  variant,
	})
	if err := os.Mkdir(filepath.Join(c.dir, ".cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := publish.Record(filepath.Join(c.dir, ".cache"), publish.Pass{Image: c.image, Revision: revision, Tests: 1}); err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (c clone) git(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// importImage makes an image of one file in the engine, and returns its id.
func importImage(t *testing.T, labels map[string]string) string {
	t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	content := "made up for " + t.Name() + "\n"
	if err := w.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var changes []string
	for key, value := range labels {
		changes = append(changes, "LABEL "+key+"="+value)
	}
	found, err := engine.Find(t.Context(), os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(found.Close)
	imported, err := found.API().ImageImport(t.Context(), client.ImageImportSource{Source: &layer, SourceName: "-"}, "",
		client.ImageImportOptions{Changes: changes})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = imported.Close() }()
	var answer struct{ Status string } // the id
	if err := json.NewDecoder(imported).Decode(&answer); err != nil || !strings.HasPrefix(answer.Status, "sha256:") {
		t.Fatalf("want the id of the imported image, got %q, %v", answer.Status, err)
	}
	t.Cleanup(func() { removeImage(t, found.API(), answer.Status) })
	return answer.Status
}

// publish runs the target with a password in its environment. It gives all that it
// printed, and each command line on this host that ever showed the password.
func (c clone) publish(t *testing.T, password string) (printed string, shown []string, err error) {
	t.Helper()
	cmd := exec.Command("go", "tool", "mage", c.target, c.address)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "PUBLISH_IMAGE="+c.image, publish.EnvUsername+"="+user, publish.EnvPassword+"="+password)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	looks := time.NewTicker(5 * time.Millisecond)
	defer looks.Stop()
	for {
		select {
		case err := <-ended:
			return out.String(), shown, err
		case <-looks.C:
			shown = append(shown, commandLines(password)...)
		}
	}
}

// commandLines are those of all processes that hold the text.
func commandLines(text string) []string {
	var found []string
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		if line, err := os.ReadFile(name); err == nil && bytes.Contains(line, []byte(text)) {
			found = append(found, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		}
	}
	return found
}

// mage publish, from a clean tree, against a registry that wants a password.
func TestMagePublishesATestedImage(t *testing.T) {
	r := startRegistry(t)
	c := newClone(t, r, "publish", "full")

	refused, shown, err := c.publish(t, "hunter2-is-wrong")
	if err == nil || !strings.Contains(refused, `takes no push from user "publisher" with this password; run "docker login `+r.address) {
		t.Errorf("with a wrong password: %v\n%s", err, refused)
	}
	noSecret(t, "hunter2-is-wrong", refused, shown)

	first, shown, err := c.publish(t, password)
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	noSecret(t, password, first, shown)
	lines := strings.Split(strings.TrimSpace(first), "\n")
	reference, ok := strings.CutPrefix(lines[len(lines)-1], "digest  ")
	if _, digest, _ := strings.Cut(reference, "@"); !ok || r.resolve(t, "1.2.3") != digest || r.resolve(t, "latest") != digest {
		t.Errorf("the last line is no reference of what the tags mean:\n%s", first)
	}

	second, _, err := c.publish(t, password)
	if err != nil || !strings.Contains(second, "nothing changed") || !strings.HasSuffix(second, "digest  "+reference+"\n") {
		t.Errorf("the second run: %v\n%s", err, second)
	}
	noSecretStored(t, r)

	write(t, filepath.Join(c.dir, "new"), "")
	dirty, _, err := c.publish(t, password)
	if err == nil || !strings.Contains(dirty, "the tree differs from its revision: new; commit or remove") {
		t.Errorf("from a dirty tree: %v\n%s", err, dirty)
	}
}

// The image of hermes-verify has tags of its own beside the others, and does not pass for one of them.
func TestMagePublishesTheVerifierBesideTheOthers(t *testing.T) {
	r := startRegistry(t)
	c := newClone(t, r, "publishVerifier", "verify")
	printed, _, err := c.publish(t, password)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	_, digest, _ := strings.Cut(strings.TrimSpace(printed), "digest  "+c.address+"@")
	if digest == "" || r.resolve(t, "1.2.3-verify") != digest || r.resolve(t, "latest-verify") != digest || r.resolve(t, "1.2.3")+r.resolve(t, "latest") != "" {
		t.Errorf("want %q and no other tags to mean it:\n%s", digest, printed)
	}
	c.target = "publish"
	if printed, _, err := c.publish(t, password); err == nil || !strings.Contains(printed, `it is the variant "verify", and "full" was asked for`) {
		t.Errorf("as the image of the agent: %v\n%s", err, printed)
	}
}

func noSecret(t *testing.T, secret, printed string, shown []string) {
	t.Helper()
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))} {
		if strings.Contains(printed, form) {
			t.Errorf("the secret was printed:\n%s", printed)
		}
	}
	if len(shown) > 0 {
		t.Errorf("the secret stood in a command line: %q", shown)
	}
}

// noSecretStored reads all that the registry keeps: layers, unpacked, and the
// configuration with the image's history, and the manifest.
func noSecretStored(t *testing.T, r *registry) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(r.data(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if z, err := gzip.NewReader(bytes.NewReader(content)); err == nil {
			if content, err = io.ReadAll(z); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		if bytes.Contains(content, []byte(password)) {
			t.Errorf("the secret is in %s", path)
		}
		if bytes.Contains(content, []byte("made up for "+t.Name())) {
			seen++
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Errorf("the layer was looked for and found in %d files, %v", seen, err)
	}
}
