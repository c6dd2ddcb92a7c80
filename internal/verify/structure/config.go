package structure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// schemaVersion is the one that is read.
const schemaVersion = "2.0.0"

// File is one test file.
type File struct {
	SchemaVersion      string        `yaml:"schemaVersion"`
	GlobalEnvVars      []EnvVar      `yaml:"globalEnvVars"`
	CommandTests       []CommandTest `yaml:"commandTests"`
	FileExistenceTests []FileTest    `yaml:"fileExistenceTests"`
	FileContentTests   []ContentTest `yaml:"fileContentTests"`
	MetadataTest       *MetadataTest `yaml:"metadataTest"`
	LicenseTests       []LicenseTest `yaml:"licenseTests"`
	Options            RunOptions    `yaml:"containerRunOptions"`
}

// EnvVar is a variable and its value.
type EnvVar struct {
	Key     string `yaml:"key"`
	Value   string `yaml:"value"`
	IsRegex bool   `yaml:"isRegex"` // of a metadata test: Value is an expression
}

// CommandTest runs a command in a container in which nothing else runs.
type CommandTest struct {
	Name           string     `yaml:"name"`
	Setup          [][]string `yaml:"setup"`
	Teardown       [][]string `yaml:"teardown"`
	EnvVars        []EnvVar   `yaml:"envVars"`
	Command        string     `yaml:"command"`
	Args           []string   `yaml:"args"`
	ExpectedOutput []string   `yaml:"expectedOutput"`
	ExcludedOutput []string   `yaml:"excludedOutput"`
	ExpectedError  []string   `yaml:"expectedError"`
	ExcludedError  []string   `yaml:"excludedError"`
	ExitCode       int        `yaml:"exitCode"`
}

// FileTest asks whether something lies at a path, and how.
type FileTest struct {
	Name           string `yaml:"name"`
	Path           string `yaml:"path"`
	ShouldExist    *bool  `yaml:"shouldExist"` // nil: true
	Permissions    string `yaml:"permissions"` // as Go prints a mode: "-rw-r--r--"; "": any
	UID            *int   `yaml:"uid"`         // nil and -1: any
	GID            *int   `yaml:"gid"`
	IsExecutableBy string `yaml:"isExecutableBy"` // owner, group, other, any; "": not asked
}

// ContentTest matches the content of a file.
type ContentTest struct {
	Name             string   `yaml:"name"`
	Path             string   `yaml:"path"`
	ExpectedContents []string `yaml:"expectedContents"`
	ExcludedContents []string `yaml:"excludedContents"`
}

// MetadataTest compares the image's configuration.
type MetadataTest struct {
	EnvVars          []EnvVar  `yaml:"envVars"`
	Env              []EnvVar  `yaml:"env"` // the older name of envVars
	UnboundEnvVars   []EnvVar  `yaml:"unboundEnvVars"`
	Labels           []EnvVar  `yaml:"labels"`
	ExposedPorts     []string  `yaml:"exposedPorts"`
	UnexposedPorts   []string  `yaml:"unexposedPorts"`
	Entrypoint       *[]string `yaml:"entrypoint"` // nil: not asked; empty: there is none
	Cmd              *[]string `yaml:"cmd"`
	Workdir          string    `yaml:"workdir"`
	Volumes          []string  `yaml:"volumes"`
	UnmountedVolumes []string  `yaml:"unmountedVolumes"`
	User             string    `yaml:"user"`
}

// LicenseTest is read so that it is counted.
type LicenseTest struct {
	Debian bool     `yaml:"debian"`
	Files  []string `yaml:"files"`
}

// RunOptions are how containers of command tests are started.
type RunOptions struct {
	User         string   `yaml:"user"`
	Privileged   bool     `yaml:"privileged"`
	AllocateTTY  bool     `yaml:"allocateTty"`
	EnvFile      string   `yaml:"envFile"`
	EnvVars      []string `yaml:"envVars"` // names; values are those of who runs the tests
	Capabilities []string `yaml:"capabilities"`
	BindMounts   []string `yaml:"bindMounts"`
}

// Read decodes and checks a test file. All that is wrong in it is in one error.
func Read(name string, text []byte) (File, error) {
	if strings.EqualFold(filepath.Ext(name), ".json") {
		return File{}, fmt.Errorf("cannot use %q: JSON test files are read without defaults by the tool that made them; write it as YAML", name)
	}
	var version struct {
		SchemaVersion string `yaml:"schemaVersion"`
	}
	if err := yaml.Unmarshal(text, &version); err != nil {
		return File{}, fmt.Errorf("cannot parse %q: %w", name, err)
	}
	if version.SchemaVersion != schemaVersion {
		return File{}, fmt.Errorf("cannot use %q: its schemaVersion is %q; only %q is read", name, version.SchemaVersion, schemaVersion)
	}
	var f File
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return File{}, fmt.Errorf("cannot use %q: %w", name, err)
	}
	var more any
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf("cannot use %q: it holds more than one document; give each a file", name)
	}
	if err := f.validate(); err != nil {
		return File{}, fmt.Errorf("cannot use %q: %w", name, err)
	}
	return f, nil
}

func (f File) validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	expressions := func(of string, lists ...[]string) {
		for _, list := range lists {
			for _, expr := range list {
				if _, err := regexp.Compile(expr); err != nil {
					add("%s: cannot compile %q: %w", of, expr, err)
				}
			}
		}
	}
	seen := map[string]bool{}
	named := func(kind, name string) string {
		of := fmt.Sprintf("%s %q", kind, name)
		if name == "" {
			add("%s without a name", kind)
		} else if seen[of] {
			add("%s twice", of)
		}
		seen[of] = true
		return of
	}
	for _, t := range f.CommandTests {
		of := named("command test", t.Name)
		if t.Command == "" {
			add("%s has no command", of)
		}
		expressions(of, t.ExpectedOutput, t.ExcludedOutput, t.ExpectedError, t.ExcludedError)
	}
	for _, t := range f.FileExistenceTests {
		of := named("file existence test", t.Name)
		if t.Path == "" {
			add("%s has no path", of)
		}
		if _, known := executableBits(t.IsExecutableBy); !known {
			add("%s: isExecutableBy is %q; it is one of owner, group, other, any", of, t.IsExecutableBy)
		}
	}
	for _, t := range f.FileContentTests {
		of := named("file content test", t.Name)
		if t.Path == "" {
			add("%s has no path", of)
		}
		expressions(of, t.ExpectedContents, t.ExcludedContents)
	}
	if f.count() == 0 {
		add("it has no test")
	}
	if m := f.MetadataTest; m != nil {
		for _, list := range [][]EnvVar{m.EnvVars, m.Env, m.Labels} {
			for _, v := range list {
				if v.IsRegex {
					expressions(fmt.Sprintf("metadata test of %q", v.Key), []string{v.Value})
				}
			}
		}
	}
	return errors.Join(errs...)
}

func (f File) count() int {
	n := len(f.CommandTests) + len(f.FileExistenceTests) + len(f.FileContentTests) + len(f.LicenseTests)
	if f.MetadataTest != nil {
		n++
	}
	return n
}

// executableBits are the bits of which one has to be set; false for a word that is none of theirs.
func executableBits(by string) (uint32, bool) {
	switch by {
	case "":
		return 0, true
	case "owner":
		return 0o100, true
	case "group":
		return 0o010, true
	case "other":
		return 0o001, true
	case "any":
		return 0o111, true
	}
	return 0, false
}
