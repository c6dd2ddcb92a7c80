//go:build docker

package verify

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"caduceus/internal/verify/report"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
	"caduceus/tests/docker/verifier"
)

const root = "../../.."

// engine is what the tests of this binary share.
var engine suite.Suite

func TestMain(m *testing.M) {
	os.Exit(engine.Main(m, suite.Options{Open: verifier.BringProbe})) //nolint:forbidigo // without an engine there is nothing to run
}

func TestTheImageHolds(t *testing.T) {
	t.Parallel()
	o := verifier.Run(t, &engine, verifier.Program(t), engine.Image(), "--tier", "smoke", "--self-test", "--junit", "junit.xml", "--sarif", "report.sarif", "--attest", "claims.jsonl")
	if o.Code != report.CodeHolds || o.Report.Verdict.Holds < 15 {
		t.Fatalf("exit code %d\n%s", o.Code, o.Out)
	}
	if s := o.Report.SelfTest; s == nil || s.Faults < 5 || s.Caught != s.Faults {
		t.Errorf("the self-test: %+v", s)
	}
	if last := o.Out[strings.LastIndex(strings.TrimSpace(o.Out), "\n")+1:]; !strings.HasPrefix(last, "holds: ") {
		t.Errorf("the last line is %q", last)
	}
	again := verifier.Run(t, &engine, verifier.Program(t), engine.Image(), "--check-attestation", filepath.Join(o.Dir, "claims.jsonl"))
	if again.Code != report.CodeHolds || !strings.Contains(again.Out, "unsigned: anyone can have written this") || strings.Contains(again.Out, "proved") {
		t.Errorf("exit code %d\n%s", again.Code, again.Out)
	}
}

// nothingLeft wants no container of an image on the engine.
func nothingLeft(t *testing.T, image string) {
	t.Helper()
	list, err := engine.API().ContainerList(context.WithoutCancel(t.Context()), client.ContainerListOptions{
		All: true, Filters: client.Filters{}.Add("ancestor", image),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		t.Errorf("container %s of %s was left", c.ID[:12], image)
	}
}

func TestABrokenCheckCanBeSeenAgainByItsScript(t *testing.T) {
	t.Parallel()
	image := verifier.Build(t, &engine, "bad-template")
	o := verifier.Run(t, &engine, verifier.Program(t), image, "--check", "image-seed-files", "--evidence", "evidence")
	script := o.Result("image-seed-files").Repeat
	if o.Code != report.CodeBroken || script == "" {
		t.Fatalf("exit code %d, script %q\n%s", o.Code, script, o.Out)
	}
	for of, want := range map[string]int{image: 1, engine.Image(): 0} {
		cmd := exec.CommandContext(t.Context(), "sh", script, of)
		cmd.Dir, cmd.Env = o.Dir, append(append(os.Environ(), engine.Env()...), "DOCKER="+verifier.Client())
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("of %s: exit code %d, want %d\n%s", of, got, want, out)
		}
	}
}

func TestOwnTestsRunBesideOurs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mine.yaml")
	text := `schemaVersion: 2.0.0
commandTests:
- {name: python, command: python3, args: [--version], expectedOutput: ["Python 3\\."]}
- {name: setup, setup: [[touch, /tmp/x]], command: test, args: [-f, /tmp/x]}
- {name: no such output, command: echo, args: [a], expectedOutput: [b]}
fileExistenceTests:
- {name: init, path: /init, permissions: "-rwxr-xr-x", uid: 0}
- {name: home, path: $HERMES_HOME, uid: 10000, gid: 10000}
fileContentTests:
- {name: os, path: /etc/os-release, expectedContents: [Debian]}
metadataTest: {entrypoint: [/init, /opt/hermes/docker/main-wrapper.sh], cmd: []}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := verifier.Run(t, &engine, verifier.Program(t), engine.Image(), "--check", "image-labels", "--structure", file)
	for id, want := range map[string]report.Outcome{
		"command/python": report.Holds, "command/setup": report.Holds, "command/no such output": report.Broken,
		"file/init": report.Holds, "file/home": report.Holds, "content/os": report.Holds, "metadata": report.Holds,
	} {
		if got := o.Result("own/mine.yaml/" + id); got.Outcome != want {
			t.Errorf("%s: %+v", id, got)
		}
	}
	if o.Code != report.CodeBroken {
		t.Errorf("exit code %d\n%s", o.Code, o.Out)
	}
}

func TestAnArchiveIsReadWithoutAnEngineAndIsNoProof(t *testing.T) {
	t.Parallel()
	engine.OnceForBoth(t, "an archive is read alike")
	archive := filepath.Join(t.TempDir(), "image.tar")
	cmd := exec.CommandContext(t.Context(), verifier.Client(), "save", "-o", archive, engine.Image())
	cmd.Env = append(os.Environ(), engine.Env()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	o := verifier.Run(t, &engine, verifier.Program(t), "tar:"+archive)
	if o.Code != report.CodeNotProved || o.Report.Verdict.Broken > 0 || o.Report.Verdict.Holds < 5 || o.Report.Engine.Name != "none" || !strings.Contains(o.Out, "not run  behaviour ") {
		t.Errorf("exit code %d\n%s", o.Code, o.Out)
	}
}

func TestWhatCannotBeginSaysWhyInOneLine(t *testing.T) {
	t.Parallel()
	verifier := verifier.Program(t)
	for name, tc := range map[string]struct {
		args []string
		env  []string
		want string
	}{
		"no image":             {nil, nil, "no image is named"},
		"an unknown image":     {[]string{"caduceus-test-none:latest"}, nil, `cannot look at image "caduceus-test-none:latest"`},
		"an unknown check":     {[]string{"--check", "image-entrypiont", "x"}, nil, `did you mean "image-entrypoint"?`},
		"an unknown clause":    {[]string{"--clause", "XX-99", "x"}, nil, `no check proves clause "XX-99"`},
		"an unknown tier":      {[]string{"--tier", "best", "x"}, nil, `there is no tier "best"`},
		"an unknown flag":      {[]string{"--tire", "smoke", "x"}, nil, "unknown flag: --tire"},
		"a report nowhere":     {[]string{"--json", "/proc/none/x", "x"}, nil, "--json: cannot write the report"},
		"two reports":          {[]string{"--json", "-", "--sarif", "-", "x"}, nil, "two reports cannot both go to stdout"},
		"a test file nowhere":  {[]string{"--structure", "/none.yaml", "x"}, nil, "cannot read the test file"},
		"no engine":            {[]string{"x"}, []string{"DOCKER_HOST=unix:///none.sock"}, "/none.sock"},
		"a Dockerfile nowhere": {[]string{"--dockerfile", "/none", "x"}, nil, "--dockerfile: cannot read the Dockerfile"},
		"a base nowhere":       {[]string{"--against", "caduceus-test-none:latest", engine.Image()}, nil, `--against: cannot look at image "caduceus-test-none:latest"`},
		"an archive nowhere":   {[]string{"tar:/none.tar"}, nil, `cannot read image "tar:/none.tar"`},
		"an attestation of no": {[]string{"--check-attestation", "/none", "x"}, nil, "cannot read the attestation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), verifier, tc.args...)
			cmd.Dir = t.TempDir()
			cmd.Env = append(append(os.Environ(), engine.Env()...), tc.env...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run() // the exit code is looked at
			if got := cmd.ProcessState.ExitCode(); got != report.CodeNotProved {
				t.Errorf("exit code %d", got)
			}
			if text := stderr.String(); !strings.Contains(text, tc.want) || strings.Count(strings.TrimSpace(text), "\n") > 1 || stdout.Len() > 0 {
				t.Errorf("stderr %q, stdout %q", text, stdout.String())
			}
		})
	}
}

func TestAnInterruptLeavesAReportAndNothingElse(t *testing.T) {
	t.Parallel()
	image := verifier.Build(t, &engine, "good-proxy")
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), verifier.Program(t), "--tier", "core", "--json", "report.json", image)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), engine.Env()...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err := harness.Poll(t.Context(), "a container of the run", 2*time.Minute, func(ctx context.Context) (string, bool, error) {
		list, err := engine.API().ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("ancestor", image)})
		return fmt.Sprint(len(list.Items)), err == nil && len(list.Items) > 0, err
	})
	if err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code is looked at
	if got := cmd.ProcessState.ExitCode(); got != report.CodeNotProved {
		t.Errorf("exit code %d\n%s", got, out.String())
	}
	if !strings.Contains(out.String(), "not run") {
		t.Errorf("no verdict\n%s", out.String())
	}
	nothingLeft(t, image)
}
