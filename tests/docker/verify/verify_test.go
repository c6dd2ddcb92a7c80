//go:build docker

package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"caduceus/internal/verify/embedded"
	"caduceus/internal/verify/report"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
	"caduceus/tests/mutant"
)

const root = "../../.."

// engine is what the tests of this binary share.
var engine suite.Suite

func TestMain(m *testing.M) {
	os.Exit(engine.Main(m, suite.Options{Open: bringProbes})) //nolint:forbidigo // without an engine there is nothing to run
}

// bringProbes compiles the probe where hermes-verify embeds it, as "go tool mage build:verify" does.
func bringProbes(s *suite.Suite) error {
	program, err := suite.BuildProbe(s.Interrupted)
	if err != nil {
		return err
	}
	packed, err := embedded.Pack(program)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, embedded.Dir, embedded.Name(runtime.GOARCH)), packed, 0o644)
}

// outcome is how a run of hermes-verify ended.
type outcome struct {
	code   int
	report report.Report
	out    string // stdout and stderr
	dir    string // where it ran: evidence and reports
}

// program compiles hermes-verify, with faults or without.
func program(t *testing.T, edits ...mutant.Edit) string {
	t.Helper()
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

// verify runs a program on an image.
func verify(t *testing.T, program, image string, flags ...string) outcome {
	t.Helper()
	ctx, stop := context.WithTimeout(engine.Interrupted, 10*time.Minute)
	defer stop()
	o := outcome{dir: t.TempDir()}
	cmd := exec.CommandContext(ctx, program, append(slices.Concat([]string{"--json", "report.json"}, flags), image)...)
	cmd.Dir, cmd.Env = o.dir, append(os.Environ(), engine.Env()...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.CombinedOutput()
	o.code, o.out = cmd.ProcessState.ExitCode(), string(out)
	if ctx.Err() != nil {
		t.Fatalf("hermes-verify did not end: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(o.dir, "report.json"))
	if err != nil && !slices.Contains(flags, "--check-attestation") {
		t.Fatalf("no report: %v\n%s", err, out)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &o.report); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// result is the one of a check.
func (o outcome) result(id string) report.Result {
	for _, r := range o.report.Results {
		if r.ID == id {
			return r
		}
	}
	return report.Result{}
}

func TestTheImageHolds(t *testing.T) {
	t.Parallel()
	o := verify(t, program(t), engine.Image(), "--tier", "smoke", "--self-test", "--junit", "junit.xml", "--sarif", "report.sarif", "--attest", "claims.jsonl")
	if o.code != report.CodeHolds || o.report.Verdict.Holds < 15 {
		t.Fatalf("exit code %d\n%s", o.code, o.out)
	}
	if s := o.report.SelfTest; s == nil || s.Faults < 5 || s.Caught != s.Faults {
		t.Errorf("the self-test: %+v", s)
	}
	if last := o.out[strings.LastIndex(strings.TrimSpace(o.out), "\n")+1:]; !strings.HasPrefix(last, "holds: ") {
		t.Errorf("the last line is %q", last)
	}
	again := verify(t, program(t), engine.Image(), "--check-attestation", filepath.Join(o.dir, "claims.jsonl"))
	if again.code != report.CodeHolds || !strings.Contains(again.out, "unsigned: anyone can have written this") || strings.Contains(again.out, "proved") {
		t.Errorf("exit code %d\n%s", again.code, again.out)
	}
}

// build builds a derived image as a user does.
func build(t *testing.T, dir string) string {
	t.Helper()
	ref := "caduceus-test-derived-" + strings.ToLower(engine.Run()) + ":" + filepath.Base(dir)
	cmd := exec.CommandContext(t.Context(), dockerClient(), "build", "-q", "--label", harness.RunLabel+"="+engine.Run(),
		"--build-arg", "IMAGE="+engine.Image(), "-t", ref, dir)
	cmd.Env = append(append(os.Environ(), engine.Env()...), "DOCKER_BUILDKIT=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot build %s: %v\n%s", dir, err, out)
	}
	return ref
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

// TestAFaultInTheVerifierIsSeenByItsSelfTest puts faults into hermes-verify; none of them may end in a proof.
func TestAFaultInTheVerifierIsSeenByItsSelfTest(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]mutant.Edit{
		"checks that look at nothing": {
			File: "internal/verify/cli/look.go", Old: "err = l.check.Run(ctx, l.subject)", New: "",
		},
		"an empty list of checks": {
			File: "internal/verify/cli/verify.go", Old: "w.entries, err = selected(all, o)", New: "w.entries, err = selected(all[:0], o)",
		},
		"commands that always end with 0": {
			File: "tests/docker/harness/exec.go", Old: "res.Code, err = c.exitCode(ctx, created.ID)", New: "_, err = c.exitCode(ctx, created.ID)",
		},
		"violations that are dropped": {
			File: "internal/verify/cli/look.go", Old: "return broken, err", New: "return nil, nil",
		},
		"a verdict that forgets what is broken": {
			File: "internal/verify/report/verdict.go", Old: "\t\t\tv.Broken++\n", New: "\t\t\tv.Holds++\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			image := engine.Image()
			flags := []string{"--tier", "smoke", "--self-test"}
			if strings.HasPrefix(name, "a verdict") { // that one shows on a broken image
				image, flags = build(t, "../derived/bad-healthcheck"), []string{"--check", "image-entrypoint"}
			}
			o := verify(t, program(t, edit), image, flags...)
			if strings.HasPrefix(name, "a verdict") {
				if o.code == report.CodeBroken {
					t.Error("the fault does nothing")
				}
				if unsound(o) == "" {
					t.Errorf("the report hides the fault\n%s", o.out)
				}
				return
			}
			if o.code == report.CodeHolds {
				t.Errorf("exit code 0\n%s", o.out)
			}
		})
	}
}

// unsound compares a report's verdict with its own results: what a reader of the JSON can do.
func unsound(o outcome) string {
	want := report.Verdict{Selected: len(o.report.Results)}
	for _, r := range o.report.Results {
		if r.Outcome == report.Broken {
			want.Broken++
		}
	}
	if want.Broken != o.report.Verdict.Broken {
		return fmt.Sprintf("%d results are broken, and the verdict counts %d", want.Broken, o.report.Verdict.Broken)
	}
	return ""
}

func TestABrokenCheckCanBeSeenAgainByItsScript(t *testing.T) {
	t.Parallel()
	image := build(t, "../derived/bad-template")
	o := verify(t, program(t), image, "--check", "image-seed-files", "--evidence", "evidence")
	script := o.result("image-seed-files").Repeat
	if o.code != report.CodeBroken || script == "" {
		t.Fatalf("exit code %d, script %q\n%s", o.code, script, o.out)
	}
	for of, want := range map[string]int{image: 1, engine.Image(): 0} {
		cmd := exec.CommandContext(t.Context(), "sh", script, of)
		cmd.Dir, cmd.Env = o.dir, append(append(os.Environ(), engine.Env()...), "DOCKER="+dockerClient())
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
	o := verify(t, program(t), engine.Image(), "--check", "image-labels", "--structure", file)
	for id, want := range map[string]report.Outcome{
		"command/python": report.Holds, "command/setup": report.Holds, "command/no such output": report.Broken,
		"file/init": report.Holds, "file/home": report.Holds, "content/os": report.Holds, "metadata": report.Holds,
	} {
		if got := o.result("own/mine.yaml/" + id); got.Outcome != want {
			t.Errorf("%s: %+v", id, got)
		}
	}
	if o.code != report.CodeBroken {
		t.Errorf("exit code %d\n%s", o.code, o.out)
	}
}

func TestAnArchiveIsReadWithoutAnEngineAndIsNoProof(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "image.tar")
	cmd := exec.CommandContext(t.Context(), dockerClient(), "save", "-o", archive, engine.Image())
	cmd.Env = append(os.Environ(), engine.Env()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	o := verify(t, program(t), "tar:"+archive)
	if o.code != report.CodeNotProved || o.report.Verdict.Broken > 0 || o.report.Verdict.Holds < 5 || o.report.Engine.Name != "none" {
		t.Errorf("exit code %d\n%s", o.code, o.out)
	}
}

func TestWhatCannotBeginSaysWhyInOneLine(t *testing.T) {
	t.Parallel()
	verifier := program(t)
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
	image := build(t, "../derived/good-proxy")
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), program(t), "--tier", "core", "--json", "report.json", image)
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

// dockerClient is the client that can build.
func dockerClient() string {
	if _, err := os.Stat("/usr/bin/docker"); err == nil {
		return "/usr/bin/docker"
	}
	return "docker"
}
