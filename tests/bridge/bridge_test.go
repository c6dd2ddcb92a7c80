//go:build docker

// Package bridge runs the tests of the WhatsApp bridge in the image, on its
// Node and against its agent; nothing of WhatsApp is reached. On a machine
// with Node the same files run without an image: node --test *.test.mjs. It
// is not for the image's other behaviour, which tests/docker checks.
package bridge

import (
	"context"
	"embed"
	"os"
	"path"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

//go:embed *.mjs *.py
var files embed.FS

const (
	limit     = 5 * time.Minute
	installed = "/opt/hermes/scripts/whatsapp-bridge"
	tree      = "/tmp/repository" // the tests name the bridge by its place in the repository
)

func TestBridgeInImage(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
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
		Entrypoint: []string{"sleep"}, Cmd: []string{"infinity"}, Files: repository(t),
		Host: func(h *container.HostConfig) { h.NetworkMode = "none" },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, script string
	}{
		// contract: BRG-01 BRG-02 BRG-03 BRG-04 BRG-05 BRG-07 BRG-08 BRG-09
		{"modules", "node --test *.test.mjs"},
		// contract: TOOL-10 BRG-06 BRG-10
		{"adapter", "/opt/hermes/.venv/bin/python adapter_test.py"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := c.Exec(ctx, harness.Exec{
				Cmd: []string{"sh", "-c", tt.script}, Dir: tree + "/tests/bridge",
				Env: []string{"HOME=/tmp", "PYTHONDONTWRITEBYTECODE=1", "BRIDGE_DIR=" + installed, "BRIDGE_LIB=" + installed + "/lib"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if res.Code != 0 {
				t.Errorf("exit %d\n%s\n%s", res.Code, res.Stdout, res.Stderr)
			}
		})
	}
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
