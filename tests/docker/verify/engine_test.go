//go:build docker

package verify

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"caduceus/internal/verify/report"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/verifier"
)

// link is a socket that leads to the engine until it is cut.
type link struct {
	listener net.Listener
	open     sync.WaitGroup // the connections that the engine still serves

	mu    sync.Mutex
	pairs []pair
	gone  bool
}

// pair is a connection to the link and the one to the engine behind it.
type pair struct{ from, engine *net.UnixConn }

func newLink(t *testing.T, to string) *link {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "engine.sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener}
	t.Cleanup(l.cut)
	go func() {
		for {
			from, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			engine, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: to, Net: "unix"})
			if err != nil {
				_ = from.Close()
				continue
			}
			l.join(pair{from, engine})
		}
	}()
	return l
}

// join carries what both sides say until the link is cut.
func (l *link) join(p pair) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		_, _ = p.from.Close(), p.engine.Close()
		return
	}
	l.pairs = append(l.pairs, p)
	go func() { _, _ = io.Copy(p.engine, p.from) }()
	l.open.Go(func() {
		_, _ = io.Copy(p.from, p.engine)
		_, _ = io.Copy(io.Discard, p.engine) // what the engine still does is done when it closes
	})
}

// cut ends all connections, takes none any more, and waits until the engine has done what it was asked for on them, for half
// a minute at most: a program in a container may run on.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	_ = l.listener.Close()
	for _, p := range l.pairs {
		_, _ = p.from.Close(), p.engine.CloseWrite()
	}
	enough := time.AfterFunc(30*time.Second, func() {
		for _, p := range l.pairs {
			_ = p.engine.Close()
		}
	})
	l.open.Wait()
	enough.Stop()
}

func TestAnEngineThatGoesAwayIsNoProofAndTheRestIsNamed(t *testing.T) {
	t.Parallel()
	socket, local := strings.CutPrefix(host(t), "unix://")
	if !local {
		t.Skip("the engine is not at a socket of this host")
	}
	image := verifier.Build(t, &engine, "good-proxy")
	l := newLink(t, socket)
	dir := t.TempDir()
	ctx, stop := context.WithTimeout(engine.Interrupted, 3*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, verifier.Program(t), "--check", "image-labels,boot-argv,cmd-version", "--json", "report.json", image)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "DOCKER_HOST=unix://"+l.listener.Addr().String())
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := harness.Poll(ctx, "a container of the run", time.Minute, func(ctx context.Context) (string, bool, error) {
		list, err := engine.API().ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("ancestor", image)})
		return "", err == nil && len(list.Items) > 0, err
	}); err != nil {
		t.Error(err)
	}
	l.cut()
	_ = cmd.Wait() // the exit code is looked at
	if ctx.Err() != nil || cmd.ProcessState.ExitCode() != report.CodeNotProved {
		t.Errorf("exit code %d, want %d\n%s", cmd.ProcessState.ExitCode(), report.CodeNotProved, out.String())
	}
	for _, want := range []string{"not proved: ", "hermes-verify: cannot remove all that the run made on the engine at ", "do it later: docker rm -fv "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in:\n%s", want, out.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "report.json")); err != nil {
		t.Error(err)
	}
	_, again, _ := strings.Cut(out.String(), "do it later: ") // as a person does
	sh := exec.CommandContext(ctx, "sh", "-c", strings.TrimSpace(again))
	sh.Env = append(os.Environ(), engine.Env()...)
	if text, err := sh.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", again, err, text)
	}
	nothingLeft(t, image)
	run := regexp.MustCompile(regexp.QuoteMeta(harness.RunLabel) + `=\w+`).FindString(again)
	left, err := engine.API().VolumeList(ctx, client.VolumeListOptions{Filters: client.Filters{}.Add("label", run)})
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d volumes of %s were left, %v", len(left.Items), run, err)
	}
}

// host is the address of the engine.
func host(t *testing.T) string {
	t.Helper()
	for _, v := range engine.Env() {
		if value, is := strings.CutPrefix(v, "DOCKER_HOST="); is {
			return value
		}
	}
	t.Fatal("no address of the engine")
	return ""
}
