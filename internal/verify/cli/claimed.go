package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"caduceus/internal/engine"
	"caduceus/internal/verify/attest"
	"caduceus/internal/verify/report"
	"caduceus/internal/verify/static"
)

// claimed says what a file of statements claims of an image. It runs nothing, and nothing vouches for the file.
func claimed(ctx context.Context, e Env, image, file, contract string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read the attestation: %w", err)
	}
	id, err := imageID(ctx, e, image)
	if err != nil {
		return err
	}
	c, err := attest.Read(text, id)
	switch {
	case errors.Is(err, attest.ErrOther):
		return fmt.Errorf("attestation %q: %w, %q (%s); it was made for other bytes: run hermes-verify on these", file, err, image, id)
	case err != nil:
		return fmt.Errorf("cannot read attestation %q: %w", file, err)
	}
	fmt.Fprintf(e.Stdout, "image    %s %s\nclaimed  %s by %s on %s: %d checks held, %d did not\ntrust    unsigned: anyone can have written this\n",
		report.Line(image), id, report.Line(c.Result), report.Line(c.Tool), c.Verified.Format("2006-01-02 15:04:05Z07:00"), c.Passed, c.Others)
	if c.Contract != contract {
		fmt.Fprintln(e.Stdout, "contract another list of checks than that of this hermes-verify")
	}
	switch c.Result {
	case "PASSED":
		return nil
	case "FAILED":
		return coded{nil, report.CodeBroken}
	}
	return coded{nil, report.CodeNotProved}
}

// imageID is the digest of an image's configuration.
func imageID(ctx context.Context, e Env, image string) (string, error) {
	if static.IsReference(image) {
		found, err := static.Open(ctx, image, hostArch)
		if err != nil {
			return "", err
		}
		id, err := found.ConfigName()
		return id.String(), err
	}
	found, err := engine.Find(ctx, e.Getenv)
	if err != nil {
		return "", err
	}
	f, err := ask(ctx, found, image)
	return f.image.ID, err
}
