package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"caduceus/internal/build/publish/local"
	"caduceus/internal/engine"
	"caduceus/internal/host"
	"caduceus/internal/verify/report"
)

// TestVerifier lets the image of hermes-verify prove HERMES_TEST_IMAGE as a person does: in a container that has the engine's
// socket and nothing else of the host, with the faults of its self-test before. What passes may be published.
func (p *Pipeline) TestVerifier(ctx context.Context) error {
	e, image, err := p.tested(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	verifier, found, err := e.Image(ctx, VerifierImage)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("cannot test %q", VerifierImage)
	if !found {
		return &host.Problem{What: what, Cause: "the engine has no such image", Next: `run "go tool mage build:verify"`}
	}
	socket, here := strings.CutPrefix(e.Host, "unix://")
	if !here {
		return &host.Problem{What: what, Cause: fmt.Sprintf("the engine is at %q, and not at a socket of this host", e.Host), Next: "use an engine of this host"}
	}
	client, err := engine.EnsureClient(ctx, p.host())
	if err != nil {
		return err
	}
	p.say("test: %s on image %s", VerifierImage, image)
	var out bytes.Buffer
	runErr := p.Run.Run(ctx, host.Cmd{Path: client.Path, Env: e.Env(), Stdout: &out, Stderr: p.Out, Args: []string{
		"run", "--rm", "--volume", socket + ":/var/run/docker.sock", VerifierImage, "--self-test", "--tier", "smoke", "--json", "-", image,
	}})
	var r report.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return errors.Join(runErr, fmt.Errorf("%s made no report: %w", VerifierImage, err))
	}
	p.say("verify: %s", r.Line())
	p.say("%s", TestSummary{Passed: r.Verdict.Holds, Failed: make([]TestCase, r.Verdict.Broken)})
	if err := errors.Join(runErr, proves(r)); err != nil {
		return err
	}
	line, err := local.RecordPass(ctx, p.Run, p.Root, verifier.ID, r.Verdict.Holds)
	p.say("%s", line)
	return err
}

// proves refuses a report that shows less than a hermes-verify that works: checks that hold, and faults that were all caught.
func proves(r report.Report) error {
	switch s := r.SelfTest; {
	case r.Verdict.Verdict != "holds" || r.Verdict.Holds == 0:
		return fmt.Errorf("%s does not prove the image: %s", VerifierImage, r.Line())
	case s == nil || s.Faults == 0:
		return fmt.Errorf("%s did not test itself", VerifierImage)
	case s.Caught < s.Faults:
		return fmt.Errorf("%s takes faults for right: %s", VerifierImage, strings.Join(s.Survived, ", "))
	}
	return nil
}
