package base

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"caduceus/internal/host"
)

// bootstrapArgs are the arguments of mmdebstrap that shape the tree.
const bootstrapArgs = "--variant=minbase"

// trixieKey is a file of Debian's keyring package that only versions which know the
// suite have.
const trixieKey = "/usr/share/keyrings/debian-archive-trixie-stable.gpg"

// snapshot is the state of Debian's archive that a bootstrap starts from.
type snapshot struct {
	date    time.Time // the youngest Release file
	sources []entry
}

// tools installs what a bootstrap needs and the host lacks.
func (b *Builder) tools(ctx context.Context) error {
	var missing []string
	if _, err := b.Run.LookPath("mmdebstrap"); err != nil {
		missing = append(missing, "mmdebstrap")
	}
	if _, err := os.Stat(b.keyFile()); err != nil {
		missing = append(missing, "debian-archive-keyring")
	}
	if len(missing) == 0 {
		return nil
	}
	b.Say("base: installing %s with apt-get", strings.Join(missing, ", "))
	if err := host.Install(ctx, b.Run, b.Facts, "bootstrap the Debian base", missing...); err != nil {
		return err
	}
	if _, err := os.Stat(b.keyFile()); err != nil {
		return &host.Problem{
			What: "cannot bootstrap the Debian base", Cause: "this host's debian-archive-keyring does not know " + suite,
			Next: `upgrade that package, or name a base in BASE_IMAGE`, Err: err,
		}
	}
	return nil
}

// look reads the state of the archive with the very tool that will use it: what
// mirrors there are is its business, not ours.
func (b *Builder) look(ctx context.Context, dir string) (snapshot, error) {
	keep := fmt.Sprintf(`cp "$1"/etc/apt/sources.list "$1"/var/lib/apt/lists/*Release '%s'/`, dir)
	err := b.Run.Run(ctx, host.Cmd{Path: "mmdebstrap", Args: []string{
		"--variant=custom", "--format=null", "--architectures=" + b.Facts.Arch, "--customize-hook=" + keep, suite, "/dev/null",
	}})
	if err != nil {
		return snapshot{}, b.failed(err)
	}
	var s snapshot
	f, err := os.Open(filepath.Join(dir, "sources.list"))
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	if s.sources, err = parseSources(f); err != nil {
		return s, err
	}
	releases, err := filepath.Glob(filepath.Join(dir, "*Release"))
	if err != nil {
		return s, err
	}
	for _, name := range releases {
		date, err := dateOf(name)
		if err != nil {
			return s, err
		}
		if date.After(s.date) {
			s.date = date
		}
	}
	if s.date.IsZero() {
		return s, fmt.Errorf("cannot date the archive: %w", fs.ErrNotExist)
	}
	return s, nil
}

func dateOf(name string) (time.Time, error) {
	f, err := os.Open(name)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = f.Close() }()
	return releaseDate(f)
}

// bootstrap makes the base of a snapshot and loads it into the engine.
func (b *Builder) bootstrap(ctx context.Context, dir string, s snapshot) (string, error) {
	raw, rootfs := filepath.Join(dir, "raw.tar"), filepath.Join(dir, "rootfs.tar")
	err := b.Run.Run(ctx, host.Cmd{
		Path: "mmdebstrap",
		Args: []string{bootstrapArgs, "--format=tar", "--architectures=" + b.Facts.Arch, suite, raw},
		Env:  []string{"SOURCE_DATE_EPOCH=" + strconv.FormatInt(s.date.Unix(), 10)},
	})
	if err != nil {
		return "", b.failed(err)
	}
	over := overlay()
	over["etc/apt/sources.list.d/debian.sources"] = overlayFile{0o644, deb822(s.sources)}
	t, err := rewriteFile(rootfs, raw, over, s.date)
	if err != nil {
		return "", err
	}
	if t.release == "" {
		return "", fmt.Errorf("cannot name the base: its tree has no /etc/debian_version")
	}
	img, err := imageOf(rootfs, b.Facts.Arch, s.date)
	if err != nil {
		return "", err
	}
	ref := Name + ":" + t.release
	packed := filepath.Join(dir, "image.tar")
	out, err := os.Create(packed)
	if err != nil {
		return "", err
	}
	defer func() { _ = out.Close() }()
	if err := archive(out, img, ref, filepath.Join(dir, "layout")); err != nil {
		return "", err
	}
	if _, err := out.Seek(0, 0); err != nil {
		return "", err
	}
	return ref, b.Store.Load(ctx, out)
}

func rewriteFile(to, from string, over map[string]overlayFile, limit time.Time) (tree, error) {
	in, err := os.Open(from)
	if err != nil {
		return tree{}, err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return tree{}, err
	}
	defer func() { _ = out.Close() }()
	t, err := rewrite(out, in, over, limit)
	if err != nil {
		return t, err
	}
	return t, out.Close()
}

// failed names what stopped mmdebstrap: the archive out of reach, its keys unknown,
// the disk full, or the tool's own last words.
func (b *Builder) failed(err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("cannot bootstrap the Debian base: %w", context.Canceled)
	}
	p := &host.Problem{
		What: "cannot bootstrap the Debian base", Err: err,
		Next: `check that this host reaches Debian's packages ("apt-get update"), or name a base in BASE_IMAGE`,
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "NO_PUBKEY"):
		p.Cause = "the keys of this host do not know " + suite
		p.Next = `run "apt-get install --only-upgrade debian-archive-keyring"`
	case strings.Contains(text, "No space left on device"):
		p.Cause = "no space left for it under " + os.TempDir()
		p.Next = "free 1 GB there, or set TMPDIR to a folder with room"
	case strings.Contains(text, "Could not resolve"), strings.Contains(text, "Could not connect"),
		strings.Contains(text, "Failed to fetch"), strings.Contains(text, "Unable to connect"):
		p.Cause = "no network: Debian's packages cannot be fetched"
	default:
		p.Cause = "mmdebstrap: " + strings.TrimSpace(text[strings.LastIndexByte(strings.TrimRight(text, "\n"), '\n')+1:])
	}
	return p
}
