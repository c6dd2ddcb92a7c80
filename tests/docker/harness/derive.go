package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/client"
)

// Derive builds an image from the subject's by the given Dockerfile lines, which
// follow a FROM line of its own making, and returns its reference. The files
// are the build context. The image goes with the run.
func (s *Subject) Derive(ctx context.Context, dockerfile string, files ...File) (string, error) {
	files = append(files, File{Path: "Dockerfile", Content: "FROM " + s.image + "\n" + dockerfile + "\n"})
	content, err := archive(files)
	if err != nil {
		return "", err
	}
	ref := s.engine.name("i") + ":latest"
	built, err := s.engine.api.ImageBuild(ctx, content, client.ImageBuildOptions{
		Tags: []string{strings.ToLower(ref)}, Labels: s.engine.labels(), Remove: true, ForceRemove: true,
	})
	if err != nil {
		return "", fmt.Errorf("cannot build an image from %q: %w", s.image, err)
	}
	defer func() { _ = built.Body.Close() }()
	if err := buildError(built.Body); err != nil {
		return "", fmt.Errorf("cannot build an image from %q: %w", s.image, err)
	}
	return strings.ToLower(ref), nil
}

// buildError reads the engine's build messages to their end; the error carries
// what the build printed.
func buildError(r io.Reader) error {
	var printed strings.Builder
	for d := json.NewDecoder(r); ; {
		var msg struct {
			Stream string `json:"stream"`
			Error  string `json:"error"`
		}
		switch err := d.Decode(&msg); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case msg.Error != "":
			return fmt.Errorf("%s\n%s", msg.Error, clip(printed.String()))
		}
		printed.WriteString(msg.Stream)
	}
}
