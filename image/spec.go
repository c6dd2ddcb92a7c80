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

// budgetSchema is the schema of budget.json that Load reads.
const budgetSchema = "caduceus.budget/v1"

// Spec is what the image is made of.
type Spec struct {
	Base       string // image to build on if a registry answers, such as "debian:13.4", maybe with a digest
	Go         string // version in the Dockerfile's compile stage
	Browser    string // source of Chromium: debian or playwright
	Agent      Agent
	Playwright string // version

	Budgets map[string]Budget // by variant
}

// Agent is the source distribution of the agent that is pinned.
type Agent struct{ Name, Version string }

func (a Agent) String() string { return a.Name + " " + a.Version }

// Load reads a Spec from the root of the repository.
func Load(root fs.FS) (Spec, error) {
	var spec Spec
	var budget struct {
		Schema   string            `json:"schema"`
		Variants map[string]Budget `json:"variants"`
	}
	goImage := ""
	errs := []error{
		decode(root, "image/budget.json", &budget),
		spec.readAgent(root), spec.readPlaywright(root),
		readDefaults(root, map[string]*string{"BASE_IMAGE": &spec.Base, "GO_IMAGE": &goImage, "BROWSER_SOURCE": &spec.Browser}),
	}
	if err := errors.Join(errs...); err != nil {
		return Spec{}, err
	}
	if budget.Schema != budgetSchema {
		return Spec{}, fmt.Errorf("cannot use %q: schema is %q, not %q", "image/budget.json", budget.Schema, budgetSchema)
	}
	spec.Budgets = budget.Variants
	version, official := strings.CutPrefix(goImage, "golang:")
	if !official {
		return Spec{}, fmt.Errorf("cannot read the Go version of GO_IMAGE=%q in %q: want golang:VERSION", goImage, "Dockerfile")
	}
	spec.Go, _, _ = strings.Cut(version, "-")
	return spec, spec.checkBrowser(spec.Browser)
}

// readDefaults reads the defaults of the Dockerfile's arguments.
func readDefaults(root fs.FS, wanted map[string]*string) error {
	text, err := fs.ReadFile(root, "Dockerfile")
	if err != nil {
		return fmt.Errorf("cannot read data of the image: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "ARG "), "=")
		if to := wanted[name]; strings.HasPrefix(line, "ARG ") && to != nil && *to == "" {
			*to = value
		}
	}
	var missing []error
	for name, to := range wanted {
		if *to == "" {
			missing = append(missing, fmt.Errorf("cannot find a default of ARG %s in %q", name, "Dockerfile"))
		}
	}
	return errors.Join(missing...)
}

// requirement is the first line of a pinned package in a lock of pip or uv.
var requirement = regexp.MustCompile(`(?m)^([A-Za-z0-9._-]+)==([^\s\\;]+)`)

func (s *Spec) readAgent(root fs.FS) error {
	const lock = "image/locks/agent.lock"
	text, err := fs.ReadFile(root, lock)
	if err != nil {
		return fmt.Errorf("cannot read data of the image: %w", err)
	}
	found := requirement.FindAllStringSubmatch(string(text), -1)
	if len(found) != 1 {
		return fmt.Errorf("cannot use %q: want one pinned package, got %d", lock, len(found))
	}
	s.Agent = Agent{found[0][1], found[0][2]}
	return nil
}

func (s *Spec) readPlaywright(root fs.FS) error {
	const lock, name = "image/locks/package-lock.json", "node_modules/playwright"
	text, err := fs.ReadFile(root, lock)
	if err != nil {
		return fmt.Errorf("cannot read data of the image: %w", err)
	}
	var npm struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(text, &npm); err != nil {
		return fmt.Errorf("cannot parse %q: %w", lock, err)
	}
	if s.Playwright = npm.Packages[name].Version; s.Playwright == "" {
		return fmt.Errorf("cannot use %q: it has no %s", lock, name)
	}
	return nil
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

func (s Spec) checkBrowser(source string) error {
	if source == "debian" || source == "playwright" {
		return nil
	}
	return fmt.Errorf("cannot take the browser from %q: sources are debian, playwright", source)
}
