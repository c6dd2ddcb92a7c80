package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caduceus/internal/build/below"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// Below asks the image and the registries of today what lies below the agent, and writes it down in the repository.
//
// contract: BELOW-04
func (p *Pipeline) Below(ctx context.Context) error {
	e, image, err := p.tested(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	client, err := engine.EnsureClient(ctx, p.host())
	if err != nil {
		return err
	}
	args := []string{"run", "--rm", "--interactive", "--user=0", "--entrypoint=sh"}
	if _, err := os.Stat(certificates); err == nil && e.Local() {
		args = append(args, "--volume="+certificates+":"+certificates+":ro", "--env=SSL_CERT_FILE="+certificates, "--env=NODE_EXTRA_CA_CERTS="+certificates)
	}
	var out strings.Builder
	p.say("below: asking %s, Debian's mirror, npm and PyPI", image)
	err = p.Run.Run(ctx, host.Cmd{
		Path: client.Path, Env: e.Env(), Stdin: strings.NewReader(below.Script), Stdout: &out,
		Args: append(append(args, image, "-s", "--"), below.Arguments()...),
	})
	if err != nil {
		return err
	}
	answers, err := below.Parse(out.String())
	if err != nil {
		return err
	}
	table, err := below.Make(os.DirFS(p.Root), answers, time.Now())
	if err != nil {
		return err
	}
	text, err := table.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.Root, below.File), text, 0o644); err != nil {
		return fmt.Errorf("cannot write what lies below the agent: %w", err)
	}
	p.say("below: %d parts in %s; the page: go test ./internal/repo/reference -update", len(table.Rows), below.File)
	return nil
}
