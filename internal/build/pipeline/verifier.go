package pipeline

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"debug/macho"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"caduceus/internal/build/publish"
	"caduceus/internal/build/publish/local"
	"caduceus/internal/engine"
	"caduceus/internal/host"
	"caduceus/internal/verify/embedded"
)

// VerifierImage is the name of the image that holds hermes-verify alone.
const VerifierImage = "hermes-verify:dev"

// verifierBudget bounds hermes-verify, in bytes: it is downloaded in every run of somebody's CI.
const verifierBudget = 20_000_000

// verifierPlatforms are those on which hermes-verify runs, and probePlatforms those of the containers that it looks into.
func verifierPlatforms() []platform {
	return []platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "arm64"}}
}

func probePlatforms() []platform { return []platform{{"linux", "amd64"}, {"linux", "arm64"}} }

// VerifierPrograms compiles hermes-verify for every platform into dist/.
func (p *Pipeline) VerifierPrograms(ctx context.Context) error {
	if err := p.check("VERSION"); err != nil {
		return err
	}
	if err := p.probes(ctx); err != nil {
		return err
	}
	for _, t := range verifierPlatforms() {
		path, err := p.verifier(ctx, t)
		if err != nil {
			return err
		}
		size, digest, err := p.sameTwice(ctx, t, path)
		if err != nil {
			return err
		}
		p.say("verify: %s is %.1f MB of %d, sha256:%s, the same twice", p.short(path), float64(size)/1e6, verifierBudget/1_000_000, digest)
	}
	return nil
}

// sameTwice links hermes-verify once more, into another folder, and wants the same bytes; it returns how many they are, and
// their SHA-256 in hexadecimal.
func (p *Pipeline) sameTwice(ctx context.Context, t platform, path string) (size int64, digest string, err error) {
	dir, err := os.MkdirTemp("", "caduceus-verify-")
	if err != nil {
		return 0, "", fmt.Errorf("cannot link hermes-verify once more: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the host takes what stays in its folder of temporary files
	again := filepath.Join(dir, "again")
	if err := p.compile(ctx, t, "./cmd/hermes-verify", again); err != nil {
		return 0, "", err
	}
	return sameFiles(path, again)
}

// sameFiles wants two files to have the same bytes, and returns their number and their SHA-256 in hexadecimal.
func sameFiles(a, b string) (size int64, digest string, err error) {
	first, err := os.ReadFile(a)
	if err != nil {
		return 0, "", fmt.Errorf("cannot compare what was compiled twice: %w", err)
	}
	second, err := os.ReadFile(b)
	if err != nil {
		return 0, "", fmt.Errorf("cannot compare what was compiled twice: %w", err)
	}
	one, other := sha256.Sum256(first), sha256.Sum256(second)
	if one != other {
		return 0, "", fmt.Errorf("%q is not the same when it is compiled twice: sha256:%x and sha256:%x", a, one, other)
	}
	return int64(len(first)), hex.EncodeToString(one[:]), nil
}

// verifier compiles hermes-verify for a platform, with the probes that are there inside, and returns its path.
func (p *Pipeline) verifier(ctx context.Context, t platform) (string, error) {
	path := filepath.Join(p.Root, "dist", t.String(), "hermes-verify")
	if err := p.compile(ctx, t, "./cmd/hermes-verify", path); err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if err := withinBudget(path, info.Size()); err != nil {
		return "", err
	}
	return path, checkProgram(path, t)
}

// withinBudget refuses a hermes-verify of more bytes than verifierBudget.
func withinBudget(path string, size int64) error {
	if size <= verifierBudget {
		return nil
	}
	return fmt.Errorf("%q has %d bytes, %d more than its budget: see what it imports with \"go list -deps ./cmd/hermes-verify\"",
		path, size, size-verifierBudget)
}

// probes compiles the probe into the folder that hermes-verify embeds. What is there and the same is left alone.
func (p *Pipeline) probes(ctx context.Context) error {
	for _, t := range probePlatforms() {
		path := filepath.Join(p.Root, "dist", t.String(), "hermes-probe")
		if err := p.compile(ctx, t, "./cmd/hermes-probe", path); err != nil {
			return err
		}
		if err := checkProgram(path, t); err != nil {
			return err
		}
		program, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("cannot pack the probe: %w", err)
		}
		packed, err := embedded.Pack(program)
		if err != nil {
			return fmt.Errorf("cannot pack the probe: %w", err)
		}
		into := filepath.Join(p.Root, embedded.Dir, embedded.Name(t.arch))
		if old, err := os.ReadFile(into); err == nil && bytes.Equal(old, packed) {
			continue
		}
		if err := os.WriteFile(into, packed, 0o644); err != nil { //nolint:gosec // part of the source of what is compiled next
			return fmt.Errorf("cannot leave the probe where hermes-verify embeds it: %w", err)
		}
	}
	return nil
}

// checkProgram wants a static program of a platform. Those of other platforms than this one cannot be run here.
func checkProgram(path string, t platform) error {
	if t.os == "darwin" {
		f, err := macho.Open(path)
		if err != nil {
			return fmt.Errorf("%q is no program for %s: %w", path, t, err)
		}
		defer func() { _ = f.Close() }()
		if f.Cpu != macho.CpuArm64 || f.Type != macho.TypeExec {
			return fmt.Errorf("%q is no program for %s: %v %v", path, t, f.Cpu, f.Type)
		}
		return nil
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("%q is no program for %s: %w", path, t, err)
	}
	defer func() { _ = f.Close() }()
	want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[t.arch]
	if f.Machine != want {
		return fmt.Errorf("%q is for %v, not %v", path, f.Machine, want)
	}
	for _, segment := range f.Progs {
		if segment.Type == elf.PT_INTERP {
			return fmt.Errorf("%q is not static", path)
		}
	}
	return nil
}

// BuildVerifier makes the image of hermes-verify: the program, a place to work in, and nothing else.
func (p *Pipeline) BuildVerifier(ctx context.Context) error {
	if err := p.VerifierPrograms(ctx); err != nil {
		return err
	}
	e, err := p.engine(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	revision := p.Getenv("REVISION")
	if revision == "" {
		tree, err := local.Tree(ctx, p.Run, p.Root)
		if err != nil {
			return err
		}
		revision = tree.Label()
	}
	program := filepath.Join(p.Root, "dist", "linux-"+p.Facts.Arch, "hermes-verify")
	image, err := verifierImage(program, p.Facts.Arch, map[string]string{
		"org.opencontainers.image.title":    "hermes-verify",
		"org.opencontainers.image.version":  p.version(),
		"org.opencontainers.image.revision": revision,
		publish.VariantLabel:                publish.Verifier,
	})
	if err != nil {
		return fmt.Errorf("cannot make the image of hermes-verify: %w", err)
	}
	tag, err := name.NewTag(VerifierImage)
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(tarball.Write(tag, image, writer)) }()
	if err := e.Load(ctx, reader); err != nil {
		return err
	}
	id, err := image.ConfigName()
	if err != nil {
		return err
	}
	p.say("verify: %s is %s", VerifierImage, id)
	return nil
}

// verifierImage is an image with one layer. Its bytes follow from the program's and the labels alone.
func verifierImage(program, arch string, labels map[string]string) (v1.Image, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777},
		{Name: "work/", Typeflag: tar.TypeDir, Mode: 0o1777},
		{Name: "hermes-verify", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))},
	} {
		h.ModTime = time.Unix(0, 0)
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(empty.Image, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "hermes-verify"}})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	config.Config = v1.Config{
		Entrypoint: []string{"/hermes-verify"}, WorkingDir: "/work", Labels: labels,
	}
	return mutate.ConfigFile(image, config)
}

// Verify compiles hermes-verify for this host and runs it on an image; tier "": its default.
func (p *Pipeline) Verify(ctx context.Context, image, tier string) error {
	path, e, err := p.verifierHere(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	args := []string{image}
	if tier != "" {
		args = []string{"--tier", tier, image}
	}
	return p.Run.Run(ctx, host.Cmd{Path: path, Dir: p.Root, Args: args, Env: e.Env(), Stdout: p.Out, Stderr: p.Out})
}

// verifierHere compiles hermes-verify for this host, and connects to the engine, which the caller closes.
func (p *Pipeline) verifierHere(ctx context.Context) (path string, e *engine.Engine, err error) {
	if path, err = p.verifierProgram(ctx); err != nil {
		return "", nil, err
	}
	e, err = p.engine(ctx)
	return path, e, err
}

// verifierProgram compiles hermes-verify for this host.
func (p *Pipeline) verifierProgram(ctx context.Context) (path string, err error) {
	if err := p.probes(ctx); err != nil {
		return "", err
	}
	return p.verifier(ctx, platform{"linux", p.Facts.Arch})
}
