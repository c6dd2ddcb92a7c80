//go:build docker

// Package bridge runs the tests of the WhatsApp bridge in the image, on its
// Node and against its agent; nothing of WhatsApp is reached. On a machine
// with Node the same files run without an image: node --test *.test.mjs.
package bridge

import (
	"context"
	"embed"
	"os"
	"path"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"caduceus/internal/clause"
	"caduceus/tests/docker/harness"
)

//go:embed *.mjs *.py
var files embed.FS

const (
	limit     = 10 * time.Minute
	installed = "/opt/hermes/scripts/whatsapp-bridge"
	tree      = "/tmp/repository" // the tests name the bridge by its place in the repository
)

// sandbox is a container with the tests beside the image's bridge.
func sandbox(ctx context.Context, t *testing.T, host func(*container.HostConfig)) *harness.Container {
	t.Helper()
	engine, err := harness.Open(ctx, harness.Options{Image: os.Getenv("HERMES_TEST_IMAGE"), Run: os.Getenv("HERMES_TEST_RUN")})
	if err != nil {
		t.Fatal(err)
	}
	subject := engine.Subject("")
	t.Cleanup(func() {
		if err := subject.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c, err := subject.Start(ctx, harness.Spec{
		Entrypoint: []string{"sleep"}, Cmd: []string{"infinity"}, Files: repository(t), Host: host,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// runs a script in the folder of the tests.
func runs(ctx context.Context, t *testing.T, c *harness.Container, script string, env ...string) {
	t.Helper()
	res, err := c.Exec(ctx, harness.Exec{
		Cmd: []string{"sh", "-ec", script}, Dir: tree + "/tests/bridge",
		Env: append(env, "HOME=/tmp", "PYTHONDONTWRITEBYTECODE=1", "BRIDGE_DIR="+installed, "BRIDGE_LIB="+installed+"/lib"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Code != 0 {
		t.Errorf("exit %d\n%s\n%s", res.Code, res.Stdout, res.Stderr)
	}
}

func TestTheBridgeRunsInTheImage(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	c := sandbox(ctx, t, func(h *container.HostConfig) { h.NetworkMode = "none" })
	clause.Proves(t, "BRG-01", "BRG-02", "BRG-03", "BRG-04", "BRG-05", "BRG-07", "BRG-08", "BRG-09")
	t.Run("modules", func(t *testing.T) { runs(ctx, t, c, "node --test *.test.mjs") })
	clause.Proves(t, "TOOL-10", "BRG-06", "BRG-10")
	t.Run("adapter", func(t *testing.T) { runs(ctx, t, c, "/opt/hermes/.venv/bin/python adapter_test.py") })
}

// Agents elsewhere may have the older Node, from the registry that the image's own comes from.
func TestTheBridgeRunsOnNode22(t *testing.T) {
	clause.Proves(t, "BRG-10")
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	var env []string
	c := sandbox(ctx, t, func(h *container.HostConfig) {
		if bundle := os.Getenv("SSL_CERT_FILE"); bundle != "" { // of a host behind a proxy that signs for registries
			h.Binds = append(h.Binds, bundle+":/tmp/host-ca.crt:ro")
			env = append(env, "NODE_EXTRA_CA_CERTS=/tmp/host-ca.crt")
		}
	})
	runs(ctx, t, c, `case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; esac
npm install --silent --no-save --prefix /tmp/node22 node-linux-$arch@22
PATH=/tmp/node22/node_modules/node-linux-$arch/bin:$PATH
node --version | grep '^v22\.'
node --test *.test.mjs`, env...)
}

// repository is as much of the tree as the tests name, with the image's bridge
// in the place of ours.
func repository(t *testing.T) []harness.File {
	t.Helper()
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	copied := []harness.File{{Path: tree + "/rootfs" + installed, Link: installed}}
	for _, entry := range entries {
		content, err := files.ReadFile(entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		copied = append(copied, harness.File{Path: path.Join(tree, "tests/bridge", entry.Name()), Content: string(content)})
	}
	return copied
}
