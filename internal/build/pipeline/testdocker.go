package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/internal/build/publish"
	"caduceus/internal/build/publish/local"
	"caduceus/internal/engine"
	"caduceus/internal/host"
	"caduceus/internal/killmatrix"
)

// TestDocker runs the contract against containers of HERMES_TEST_IMAGE. Without that
// variable it takes our own image, and builds it where it is missing.
func (p *Pipeline) TestDocker(ctx context.Context) error {
	e, image, err := p.tested(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := p.installPrograms(ctx, "docker", dockerPrograms()); err != nil {
		return err
	}
	tested, _, err := e.Image(ctx, image)
	if err != nil {
		return err
	}
	p.say("test: image %s", image)
	evidence, err := p.evidence()
	if err != nil {
		return err
	}
	slim := tested.Labels[publish.VariantLabel] == string(Slim)
	s := suite{
		name: "docker", env: testEnv(e, image), picked: p.Getenv("RUN"), tier: p.Getenv("HERMES_TEST_TIER"), lacks: map[string]bool{whenSlim: slim},
		// One package after the other: each keeps the engine busy by itself.
		args: []string{"-tags=docker", "-count=1", "-p=1", "-timeout=40m", "-artifacts", "-outputdir=" + evidence},
	}
	if slim {
		s.name += "-slim" // what it proves is kept beside what full does
	}
	s.packages = []string{"./" + dockerTests + "/...", "./" + bridgeTests, "./" + publishTests}
	if s.tier != "" {
		s.packages = []string{"./" + dockerTests} // the checks alone have tiers
	}
	if err := p.test(ctx, s); err != nil || s.part() != "" {
		return err
	}
	line, err := local.RecordPass(ctx, p.Run, p.Root, tested.ID, p.tests[len(p.tests)-1].Passed)
	p.say("%s", line)
	return err
}

// TestMutants breaks the image, its programs and hermes-verify on purpose, one fault at a time, and wants the checks to
// see each. It prints the kill matrix; a mutant that survives fails it.
func (p *Pipeline) TestMutants(ctx context.Context) error {
	e, image, err := p.tested(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	evidence, err := p.evidence()
	if err != nil {
		return err
	}
	tested, _, err := e.Image(ctx, image)
	if err != nil {
		return err
	}
	p.say("test: image %s", image)
	s := suite{
		name: "mutants", env: testEnv(e, image), picked: p.Getenv("RUN"),
		lacks: map[string]bool{whenSlim: tested.Labels[publish.VariantLabel] == string(Slim)},
		args:  []string{"-tags=docker", "-count=1", "-timeout=40m", "-artifacts", "-outputdir=" + evidence}, packages: []string{"./" + mutantTests},
	}
	if err := p.test(ctx, s); err != nil {
		return errors.Join(err, p.killMatrix())
	}
	return p.killMatrix()
}

// killMatrix prints what became of the mutants of the last suite.
func (p *Pipeline) killMatrix() error {
	rows := p.tests[len(p.tests)-1].Mutants
	if len(rows) == 0 {
		return errors.New("no mutant ran: a run of nothing proves nothing; RUN=TestImages picks those of the image")
	}
	return killmatrix.Write(p.Out, rows)
}

// testEnv is the environment of tests on containers.
func testEnv(e *engine.Engine, image string) []string {
	return append(e.Env(),
		"HERMES_TEST_IMAGE="+image,
		// Its image comes from a registry; the harness sweeps by its own label.
		"TESTCONTAINERS_RYUK_DISABLED=true",
	)
}

// evidence is the folder for what failed tests saw.
func (p *Pipeline) evidence() (string, error) {
	dir := filepath.Join(p.Root, dockerTests, "artifacts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot make folder for evidence: %w", err)
	}
	return dir, nil
}

func (p *Pipeline) checkDocker() error {
	return p.check("HERMES_TEST_IMAGE", "RUN", "HERMES_TEST_TIER")
}

// tested is the engine, which the caller closes, and the image under test in it.
func (p *Pipeline) tested(ctx context.Context) (*engine.Engine, string, error) {
	if err := p.checkDocker(); err != nil {
		return nil, "", err
	}
	e, err := p.engine(ctx)
	if err != nil {
		return nil, "", err
	}
	image, err := p.testImage(ctx, e)
	if err != nil {
		e.Close()
		return nil, "", err
	}
	return e, image, nil
}

// testImage is the image under test, present in the engine.
func (p *Pipeline) testImage(ctx context.Context, e *engine.Engine) (string, error) {
	image := p.Getenv("HERMES_TEST_IMAGE")
	ours := image == "" || image == Full.Tag()
	if ours {
		image = Full.Tag()
	}
	_, ok, err := e.Image(ctx, image)
	switch {
	case err != nil || ok:
		return image, err
	case ours:
		p.say("test: there is no image %s yet", image)
		return image, p.Build(ctx, Full, Slim)
	default:
		return "", &host.Problem{
			What:  "cannot test image \"" + image + "\"",
			Cause: "the engine has no such image",
			Next:  `build or pull it, or leave HERMES_TEST_IMAGE unset to test ` + Full.Tag(),
		}
	}
}
