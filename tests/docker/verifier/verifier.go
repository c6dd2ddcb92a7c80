package verifier

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"caduceus/internal/verify/embedded"
	"caduceus/internal/verify/report"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
	"caduceus/tests/mutant"
)

// runLimit bounds one run of hermes-verify, its own limit included.
const runLimit = 10 * time.Minute

// BringProbe compiles the probe where hermes-verify embeds it, as "go tool mage build:verify" does.
func BringProbe(s *suite.Suite) error {
	program, err := suite.BuildProbe(s.Interrupted)
	if err != nil {
		return err
	}
	packed, err := embedded.Pack(program)
	if err != nil {
		return err
	}
	root, err := suite.Repository()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, embedded.Dir, embedded.Name(runtime.GOARCH)), packed, 0o644)
}

// Outcome is how a run of hermes-verify ended.
type Outcome struct {
	Code   int
	Report report.Report
	Out    string // stdout and stderr
	Dir    string // where it ran: evidence and reports
}

// Result is the one of a check.
func (o Outcome) Result(id string) report.Result {
	for _, r := range o.Report.Results {
		if r.ID == id {
			return r
		}
	}
	return report.Result{}
}

// Program compiles hermes-verify, with faults or without.
func Program(t *testing.T, edits ...mutant.Edit) string {
	t.Helper()
	root, err := suite.Repository()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mutant.NewBuilder(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path, err := b.Build(t.Context(), mutant.Program{Package: "./cmd/hermes-verify", Edits: edits})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Run runs a program that Program made on an image.
func Run(t *testing.T, s *suite.Suite, program, image string, flags ...string) Outcome {
	t.Helper()
	ctx, stop := context.WithTimeout(s.Interrupted, runLimit)
	defer stop()
	o := Outcome{Dir: t.TempDir()}
	cmd := exec.CommandContext(ctx, program, append(slices.Concat([]string{"--json", "report.json"}, flags), image)...)
	cmd.Dir, cmd.Env = o.Dir, append(os.Environ(), s.Env()...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.CombinedOutput()
	o.Code, o.Out = cmd.ProcessState.ExitCode(), string(out)
	if ctx.Err() != nil {
		t.Fatalf("hermes-verify did not end: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(o.Dir, "report.json"))
	if err != nil && !slices.Contains(flags, "--check-attestation") {
		t.Fatalf("no report: %v\n%s", err, out)
	}
	if len(text) > 0 {
		if err := published(text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		if err := json.Unmarshal(text, &o.Report); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// published wants a report to be as its published schema says.
func published(text []byte) error {
	root, err := suite.Repository()
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join(root, "docs/reference/schema/verify.v1.json"))
	if err != nil {
		return fmt.Errorf("cannot read the schema of reports: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the report is no JSON: %w", err)
	}
	return schema.Validate(value)
}

// Build builds the derived image of a folder of tests/docker/derived as a user does. No other test has the same image: its
// containers are those of this test.
func Build(t *testing.T, s *suite.Suite, name string) string {
	t.Helper()
	root, err := suite.Repository()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "tests/docker/derived", name)
	return BuildFrom(t, s, name, dir, filepath.Join(dir, "Dockerfile"))
}

// BuildFrom builds a derived image of a context and a Dockerfile.
func BuildFrom(t *testing.T, s *suite.Suite, name, dir, dockerfile string) string {
	t.Helper()
	of := fnv.New32a()
	_, _ = of.Write([]byte(t.Name()))
	ref := fmt.Sprintf("caduceus-test-derived-%s-%x:%s", strings.ToLower(s.Run()), of.Sum32(), name)
	cmd := exec.CommandContext(t.Context(), Client(), "build", "-q", "--label", harness.RunLabel+"="+s.Run(), "--label", "caduceus.test.name="+t.Name(),
		"--build-arg", "IMAGE="+s.Image(), "-t", ref, "-f", dockerfile, dir)
	cmd.Env = append(append(os.Environ(), s.Env()...), "DOCKER_BUILDKIT=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot build %s: %v\n%s", dockerfile, err, out)
	}
	return ref
}

// Client is the docker client of this host.
func Client() string {
	if _, err := os.Stat("/usr/bin/docker"); err == nil {
		return "/usr/bin/docker"
	}
	return "docker"
}
