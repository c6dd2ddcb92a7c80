package mutant

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Edit replaces text of a source file. The text must be there exactly once: where the source has moved on,
// the edit has to follow.
type Edit struct {
	File string // from the repository's root
	Old  string // "": the file is a new one
	New  string
}

// Program is what to build.
type Program struct {
	Package string // "./cmd/hermes"
	Arch    string // "": this machine's
	Edits   []Edit // none: the program as it is
}

// Builder builds programs, each once. It is safe for concurrent use.
type Builder struct {
	root string
	dir  string

	mu    sync.Mutex
	built map[string]func() (string, error)
}

// NewBuilder takes the root of the repository and a directory, in which the programs are left.
func NewBuilder(root, dir string) (*Builder, error) {
	root, err := filepath.Abs(root) // the compiler knows the sources by their absolute paths
	if err != nil {
		return nil, fmt.Errorf("cannot find the repository: %w", err)
	}
	return &Builder{root: root, dir: dir, built: map[string]func() (string, error){}}, nil
}

// Build returns the path of the program. The first call for a program decides when to give up.
func (b *Builder) Build(ctx context.Context, p Program) (string, error) {
	key := fmt.Sprintf("%q", p)
	b.mu.Lock()
	build := b.built[key]
	if build == nil {
		build = sync.OnceValues(func() (string, error) { return b.build(ctx, p) })
		b.built[key] = build
	}
	b.mu.Unlock()
	return build()
}

func (b *Builder) build(ctx context.Context, p Program) (path string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot build mutant of %q: %w", p.Package, err)
		}
	}()
	changed, err := apply(b.root, p.Edits)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(b.dir, "mutant-")
	if err != nil {
		return "", err
	}
	overlay, err := writeOverlay(dir, changed)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, filepath.Base(p.Package))
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-overlay", overlay, "-o", path, p.Package)
	build.Dir = b.root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+cmp.Or(p.Arch, runtime.GOARCH), "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
}

// Fit returns an error if an edit does not fit the sources under root.
func Fit(root string, edits []Edit) error {
	_, err := apply(root, edits)
	return err
}

// apply makes the edits and returns the changed files: absolute path -> text. Its error names every edit
// that does not fit.
func apply(root string, edits []Edit) (map[string]string, error) {
	changed := map[string]string{}
	var errs []error
	for _, e := range edits {
		path := filepath.Join(root, e.File)
		text, ok := changed[path]
		if _, err := os.Lstat(path); e.Old == "" && !ok && errors.Is(err, fs.ErrNotExist) {
			changed[path] = e.New
			continue
		}
		if !ok {
			b, err := os.ReadFile(path)
			if err != nil {
				errs = append(errs, fmt.Errorf("cannot edit %q: %w", e.File, err))
				continue
			}
			text = string(b)
		}
		if n := strings.Count(text, e.Old); n != 1 {
			errs = append(errs, fmt.Errorf("cannot edit %q: want %q in it once, got it %d times; make the edit fit the source", e.File, e.Old, n))
			continue
		}
		changed[path] = strings.Replace(text, e.Old, e.New, 1)
	}
	return changed, errors.Join(errs...)
}

// writeOverlay writes what -overlay of go build takes, and returns its path.
func writeOverlay(dir string, changed map[string]string) (string, error) {
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for source, text := range changed {
		copied := filepath.Join(dir, fmt.Sprintf("%d-%s", len(overlay.Replace), filepath.Base(source)))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[source] = copied
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, list, 0o600)
}
