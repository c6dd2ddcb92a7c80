package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"caduceus/internal/host"
)

// BenchOptions are what a person chooses of a bench run.
type BenchOptions struct {
	Runs     int // of each measure; 0: the program's default
	JSON     bool
	Realtime bool   // run the inits before all other work of the host
	Overlay  string // image of s6-overlay to measure, too
	Image    string // image of ours whose containers are measured, too
	Before   string // an earlier image, which they are compared with
	Idle     bool   // measure what takes a minute, too
	Only     string // measures, separated by commas
}

func (o BenchOptions) args() []string {
	var args []string
	if o.Runs != 0 {
		args = append(args, fmt.Sprintf("-runs=%d", o.Runs))
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"json", o.JSON}, {"realtime", o.Realtime}, {"idle", o.Idle}} {
		if f.set {
			args = append(args, "-"+f.name)
		}
	}
	for _, f := range []struct{ name, value string }{{"overlay", o.Overlay}, {"image", o.Image}, {"before", o.Before}, {"only", o.Only}} {
		if f.value != "" {
			args = append(args, "-"+f.name+"="+f.value)
		}
	}
	return args
}

// Bench measures our init beside those of Debian. The figures go to data, talk to p.Out.
func (p *Pipeline) Bench(ctx context.Context, data io.Writer, o BenchOptions) error {
	if !p.Facts.Root {
		return &host.Problem{What: "cannot run inits as PID 1", Cause: "namespaces need root", Next: "run it as root"}
	}
	if err := p.ensureInits(ctx); err != nil {
		return err
	}
	var env []string
	if o.Overlay != "" || o.Image != "" {
		e, err := p.engine(ctx)
		if err != nil {
			return err
		}
		defer e.Close()
		env = e.Env()
	}
	if err := p.Binaries(ctx); err != nil {
		return err
	}
	dir, err := p.cacheDir()
	if err != nil {
		return err
	}
	program := filepath.Join(dir, "bench")
	if err := p.Run.Run(ctx, host.Cmd{Path: "go", Args: []string{"build", "-o", program, "./bench"}, Dir: p.Root}); err != nil {
		return fmt.Errorf("cannot compile the bench: %w", err)
	}
	args := append([]string{"-init=" + filepath.Join(p.Root, "dist", "linux-"+p.Facts.Arch, "init")}, o.args()...)
	return p.Run.Run(ctx, host.Cmd{Path: program, Args: args, Env: env, Dir: p.Root, Stdout: data, Stderr: p.Out})
}

// BenchVerify measures hermes-verify on an image beside bare containers; image "": ours. The figures go to data, talk to
// p.Out.
func (p *Pipeline) BenchVerify(ctx context.Context, data io.Writer, image string, runs int) error {
	verifier, e, err := p.verifierHere(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	args := []string{"run", "./bench/verify", "-verifier=" + verifier, "-image=" + cmp.Or(image, Full.Tag())}
	if runs != 0 {
		args = append(args, fmt.Sprintf("-runs=%d", runs))
	}
	return p.Run.Run(ctx, host.Cmd{Path: "go", Args: args, Env: e.Env(), Dir: p.Root, Stdout: data, Stderr: p.Out})
}

// ensureInits installs the inits that ours is compared with.
func (p *Pipeline) ensureInits(ctx context.Context) error {
	var missing []string
	for _, init := range []struct{ program, pkg string }{{"tini", "tini"}, {"dumb-init", "dumb-init"}, {"s6-svscan", "s6"}} {
		if _, err := p.Run.LookPath(init.program); err != nil {
			missing = append(missing, init.pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	p.say("bench: installing the inits to compare with")
	return host.Install(ctx, p.Run, p.Facts, "compare with other inits", missing...)
}
