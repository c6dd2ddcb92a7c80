package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/moby/moby/client"

	"caduceus/internal/engine"
	"caduceus/internal/verify/embedded"
	"caduceus/internal/verify/report"
	"caduceus/internal/verify/run"
	"caduceus/internal/verify/static"
	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
)

// podman is the name of the engine that answers as Docker does, but for what a check says that it needs.
const podman = "podman"

// facts are what is known of image and engine before anything runs.
type facts struct {
	image  report.Image
	engine report.Engine
	user   string // with which the image ends
	memory int64  // of the engine's host, in bytes; 0: not known
}

// wanted is what the flags ask for.
type wanted struct {
	all     []checks.Entry  // the whole catalogue
	entries []checks.Entry  // those to run
	may     map[string]bool // IDs that may be left out
	own     []ownTest
	file    dockerfile
}

// verify is a whole run. Its error carries the exit code.
func verify(ctx context.Context, e Env, image string, o options) error {
	all, err := checks.Catalog()
	if err != nil {
		return err
	}
	if o.claimed != "" {
		return claimed(ctx, e, image, o.claimed, contract(all))
	}
	w := wanted{all: all}
	if w.entries, err = selected(all, o); err != nil {
		return err
	}
	if w.may, err = allowed(all, o.allow); err != nil {
		return err
	}
	if w.own, err = ownTests(o.own); err != nil {
		return err
	}
	if w.file, err = readDockerfile(o.dockerfile); err != nil {
		return fmt.Errorf("--dockerfile: %w", err)
	}
	outputs, err := openOutputs(e, o)
	if err != nil {
		return err
	}
	defer outputs.close()
	ctx, stop := context.WithTimeoutCause(ctx, o.limit, fmt.Errorf("the run's limit of %s is over", o.limit))
	defer stop()
	r := report.Report{
		Schema: report.Schema, Started: time.Now().UTC(), Findings: []report.Finding{},
		Tool: report.Tool{Name: "hermes-verify", Version: e.Version, Digest: ownDigest(), Contract: contract(all)},
	}
	if static.IsReference(image) {
		if err = staticRun(ctx, image, &r); err == nil {
			show(watcher(e, o), r.Results)
		}
	} else {
		err = engineRun(ctx, e, image, w, o, &r)
	}
	if err != nil && len(r.Results) == 0 {
		return err // it could not begin
	}
	r.Seconds = time.Since(r.Started).Seconds()
	err = errors.Join(err, outputs.write(r)) // what was found is reported, whatever failed afterwards
	code := r.Verdict.Code()
	if err != nil && code == report.CodeHolds {
		code = report.CodeNotProved
	}
	if err != nil || code != report.CodeHolds {
		return coded{err, code}
	}
	return nil
}

// engineRun runs checks on containers of the image.
func engineRun(ctx context.Context, e Env, image string, w wanted, o options, r *report.Report) (err error) {
	found, err := engine.Find(ctx, e.Getenv)
	if err != nil {
		return err
	}
	f, err := ask(ctx, found, image)
	if err != nil {
		return err
	}
	if o.against != "" && !static.IsReference(o.against) {
		if _, err := inspect(ctx, found, o.against); err != nil {
			return fmt.Errorf("--against: %w", err)
		}
	}
	program, err := embedded.Probe(f.arch())
	if err != nil {
		return err
	}
	h, err := harness.Open(ctx, harness.Options{Image: image, Probe: program})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sweep(ctx, h, found)) }()
	r.Image, r.Engine = f.image, f.engine
	if o.selfTest {
		if r.SelfTest, err = selfTest(ctx, h, w.all, o); err != nil {
			return err
		}
	}
	live := watcher(e, o)
	defer live.End()
	ending := ticking(live)
	defer ending()
	list := append(cases(w.entries, h, f, o, w.may), ownCases(w.own, h, o)...)
	r.Results = run.All(ctx, list, run.Options{Parallel: o.parallel, Check: o.check, Watcher: live})
	r.Verdict, r.Containers = report.Judge(r.Results, r.SelfTest), h.Containers()
	if o.against != "" {
		if err := compare(ctx, found, o.against, image, w.file, r); err != nil { // what the checks found stays
			r.Findings = append(r.Findings, report.Finding{Object: "--against", Saw: err.Error()})
		}
	}
	return nil
}

// sweep removes what the run made. Where that fails, the error has the command that does it later.
func sweep(ctx context.Context, h *harness.Engine, found *engine.Engine) error {
	err := h.Sweep(ctx)
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot remove all that the run made on the engine at %q: %s; do it later: docker rm -fv $(docker ps -aq %[3]s); docker volume rm $(docker volume ls -q %[3]s)",
		found.Host, strings.ReplaceAll(err.Error(), "\n", "; "), "--filter label="+harness.RunLabel+"="+h.Run())
}

// ask asks the engine what it is and what the image is, before anything starts.
func ask(ctx context.Context, found *engine.Engine, ref string) (facts, error) {
	var f facts
	api := found.API()
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return f, fmt.Errorf("cannot ask the engine at %q: %w", found.Host, err)
	}
	f.memory = info.Info.MemTotal
	f.engine = report.Engine{Name: "docker", Version: info.Info.ServerVersion, Host: found.Host}
	version, err := api.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return f, fmt.Errorf("cannot ask the engine at %q: %w", found.Host, err)
	}
	for _, component := range version.Components {
		if component.Name == "Podman Engine" {
			f.engine.Name = podman
		}
	}
	got, err := inspect(ctx, found, ref)
	if err != nil {
		return f, err
	}
	f.image = report.Image{Reference: ref, ID: got.ID, Platform: got.Os + "/" + got.Architecture}
	if got.Config != nil {
		f.image.Variant, f.user = got.Config.Labels[checks.VariantLabel], got.Config.User
	}
	if want := "linux/" + goArch(info.Info.Architecture); f.image.Platform != want {
		return f, fmt.Errorf("image %q is for %s, and the engine at %q runs %s; ask one of that platform", ref, f.image.Platform, found.Host, want)
	}
	return f, nil
}

// inspect asks the engine for an image that it has.
func inspect(ctx context.Context, found *engine.Engine, ref string) (client.ImageInspectResult, error) {
	got, err := found.API().ImageInspect(ctx, ref)
	if err != nil {
		err = fmt.Errorf("cannot look at image %q on the engine at %q: %w; pull or build it first: nothing is pulled here", ref, found.Host, err)
	}
	return got, err
}

func (f facts) arch() string { return f.image.Platform[len("linux/"):] }

// goArch is a machine as Go names it.
func goArch(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return machine
}

// watcher shows the run on stderr: a table on a terminal, lines elsewhere.
func watcher(e Env, o options) *report.Live {
	live := &report.Live{W: e.Stderr, All: o.all}
	if file, is := e.Stderr.(*os.File); is && term.IsTerminal(int(file.Fd())) {
		live.Terminal = true
		live.Width, _, _ = term.GetSize(int(file.Fd())) // 0 where it does not say
	}
	return live
}

// show shows results that are all there.
func show(live *report.Live, results []report.Result) {
	live.Begin(len(results))
	for _, r := range results {
		live.Ended(r, time.Now())
	}
	live.End()
}

// ticking redraws every second until the returned function is called.
func ticking(live *report.Live) (stop func()) {
	done := make(chan struct{})
	go func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case now := <-t.C:
				live.Tick(now)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

// ownDigest is the SHA-256 of the running program, "" where it cannot be read.
func ownDigest() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// contract is a digest of the list of checks.
func contract(all []checks.Entry) string {
	h := sha256.New()
	for _, one := range all {
		fmt.Fprintf(h, "%s\x00%s\x00%q\n", one.ID, one.Name, one.Clauses)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// hostArch is the architecture of this program's own machine.
const hostArch = runtime.GOARCH
