package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"

	"caduceus/internal/host"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/peer/inference"
)

const (
	program = "caduceus/tests/docker/peer/fakeinference"
	port    = "8000/tcp"
	// readyLimit bounds the start of the peer, which is one small program.
	readyLimit = 30 * time.Second
)

// Build compiles the server and makes an image of it, which goes with the run.
// Its entry point takes the flags of command fakeinference.
func Build(ctx context.Context, e *harness.Engine) (image string, err error) {
	dir, err := os.MkdirTemp("", "fakeinference-")
	if err != nil {
		return "", fmt.Errorf("cannot build the peer: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "fakeinference")
	compile := host.Cmd{
		Path: "go", Args: []string{"build", "-trimpath", "-ldflags=-s -w", "-o", binary, program},
		Env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + runtime.GOARCH},
	}
	if err := (host.Exec{}).Run(ctx, compile); err != nil {
		return "", fmt.Errorf("cannot build the peer: %w", err)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("cannot build the peer: %w", err)
	}
	return e.Subject("scratch").Derive(ctx, "COPY fakeinference /\nEXPOSE "+port+"\nENTRYPOINT [\"/fakeinference\"]",
		harness.File{Path: "fakeinference", Content: string(content), Mode: 0o755})
}

// Peer is a running server.
type Peer struct {
	*harness.Container

	url string // as the host reaches it
}

// Start runs a server for the subject's check. In the network it answers at port
// 8000 of each of the names.
func Start(ctx context.Context, s *harness.Subject, image string, n *Network, names ...string) (*Peer, error) {
	tcp := network.MustParsePort(port)
	c, err := s.Start(ctx, harness.Spec{Image: image, Host: func(h *container.HostConfig) {
		h.PortBindings = network.PortMap{tcp: {{HostIP: netip.MustParseAddr("127.0.0.1")}}}
	}})
	if err != nil {
		return nil, err
	}
	if err := n.connect(ctx, c, names); err != nil {
		return nil, err
	}
	got, err := c.Inspect(ctx)
	if err != nil {
		return nil, err
	}
	bound := got.NetworkSettings.Ports[tcp]
	if len(bound) == 0 {
		return nil, fmt.Errorf("cannot reach peer %q: the engine published no port", c.Name)
	}
	p := &Peer{Container: c, url: "http://127.0.0.1:" + bound[0].HostPort}
	return p, harness.Poll(ctx, "answer of the peer", readyLimit, func(ctx context.Context) (string, bool, error) {
		_, err := p.Requests(ctx)
		return fmt.Sprint(err), err == nil, nil
	})
}

// Requests are the questions that the server was asked, oldest first.
func (p *Peer) Requests(ctx context.Context) ([]inference.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/requests", nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("cannot ask the peer for its requests: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var list []inference.Request
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		return nil, fmt.Errorf("cannot read the peer's requests: %w", err)
	}
	return list, nil
}
