package publish

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// workflow is what the rules below look at.
type workflow struct {
	On          map[string]any `yaml:"on"`
	Permissions any            `yaml:"permissions"`
	Jobs        map[string]struct {
		Permissions any    `yaml:"permissions"`
		Environment string `yaml:"environment"`
		Steps       []struct {
			Uses string            `yaml:"uses"`
			Run  string            `yaml:"run"`
			With map[string]any    `yaml:"with"`
			Env  map[string]string `yaml:"env"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// faults are what a workflow may not do: get more rights than to read, run an action that
// can change under its name, hand a secret to anything but a step of a guarded job, or
// let a shell read what others wrote.
func faults(text, engine string) ([]string, error) {
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		return nil, err
	}
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if got := fmt.Sprint(w.Permissions); got != "map[contents:read]" {
		say("permissions are %s, want contents: read alone", got)
	}
	if _, risky := w.On["pull_request_target"]; risky {
		say("pull_request_target runs code of outsiders with this repository's rights")
	}
	for _, line := range regexp.MustCompile(`(?m)uses:.*$`).FindAllString(text, -1) {
		if !regexp.MustCompile(`^uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`).MatchString(line) {
			say("%q is not pinned by its commit, with the version beside it", line)
		}
	}
	if strings.Contains(text, "secrets: inherit") {
		say("secrets are inherited")
	}
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		job := w.Jobs[name]
		if job.Permissions != nil {
			say("job %q has permissions of its own", name)
		}
		for _, step := range job.Steps {
			if strings.Contains(step.Run, "${{") {
				say("job %q gives an expression to a shell; use env", name)
			}
			if secret := strings.Contains(fmt.Sprint(step.Env, step.With), "secrets."); secret && (job.Environment == "" || step.Uses != "") {
				say("job %q gives a secret to an action, or without an environment", name)
			}
			if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
				say("job %q leaves its token in the checkout", name)
			}
			if strings.HasPrefix(step.Uses, "dagger/") && step.With["version"] != engine {
				say("job %q takes Dagger %v, and dagger.json wants %s", name, step.With["version"], engine)
			}
		}
	}
	return wrong, nil
}

func TestWorkflowsHaveTheLeastRights(t *testing.T) {
	root := filepath.Join("..", "..")
	var module struct{ EngineVersion string }
	text, err := os.ReadFile(filepath.Join(root, "dagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &module); err != nil {
		t.Fatal(err)
	}
	for name, text := range read(t, filepath.Join(root, ".github", "workflows", "*.yml")) {
		wrong, err := faults(text, module.EngineVersion)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, w := range wrong {
			t.Errorf("%s: %s", name, w)
		}
	}
}

func TestARiskyWorkflowIsFound(t *testing.T) {
	const good = `on:
  push:
permissions:
  contents: read
jobs:
  one:
    environment: registry
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789 # v7.0.1
        with:
          persist-credentials: false
      - uses: dagger/dagger-for-github@0123456789012345678901234567890123456789 # v8.4.1
        with:
          version: v0.20.1
      - run: dagger call lint
        env:
          PASSWORD: ${{ secrets.PASSWORD }}
`
	cases := map[string]struct{ change, to, want string }{
		"nothing":                     {"", "", ""},
		"a right to write":            {"contents: read", "contents: write", "permissions are"},
		"no permissions said":         {"permissions:\n  contents: read\n", "", "permissions are <nil>"},
		"rights of a job":             {"    environment", "    permissions: write-all\n    environment", "permissions of its own"},
		"code of outsiders":           {"  push:", "  pull_request_target:", "code of outsiders"},
		"an action by its tag":        {"@0123456789012345678901234567890123456789 # v7.0.1", "@v7", "not pinned"},
		"a commit of no version":      {" # v7.0.1", "", "not pinned"},
		"a token that stays":          {"persist-credentials: false", "fetch-depth: 0", "leaves its token"},
		"another engine":              {"version: v0.20.1", "version: latest", "takes Dagger latest"},
		"a secret in an open job":     {"    environment: registry\n", "", "without an environment"},
		"a secret for an action":      {"version: v0.20.1", "version: v0.20.1\n          token: ${{ secrets.X }}", "gives a secret to an action"},
		"a branch's name for a shell": {"call lint", "call ${{ github.ref }}", "gives an expression to a shell"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			wrong, err := faults(strings.Replace(good, c.change, c.to, 1), "v0.20.1")
			got := strings.Join(wrong, "; ")
			if err != nil || (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("want %q, got %q, %v", c.want, got, err)
			}
		})
	}
}
