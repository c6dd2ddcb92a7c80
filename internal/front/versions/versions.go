package versions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"caduceus/internal/env"
)

// Part is one thing that the image consists of. Either Version or Problem is "".
type Part struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Problem string `json:"problem,omitempty" schema:"doc=why nobody knows the version"`
}

// Contract is the version of the contract that the image keeps (docs/spec/contract.md): it grows when a clause is taken
// away, or says something else.
const Contract = 1

// Image is what the labels of the image say.
type Image struct {
	Version, Revision, Variant string // "unknown" where nobody has written it down
}

// Of is the root of an image; "" is the image that the process runs in.
type Of string

// SQLite is the name of the part that Python's sqlite3 is.
const SQLite = "SQLite"

// Parts returns the agent and what lies below it, always the same ones. What cannot be asked has a Problem.
//
// contract: BELOW-03
func (root Of) Parts(ctx context.Context) []Part {
	python := string(root) + env.VenvDir + "/bin/python"
	return []Part{
		part("hermes-agent", root.agent),
		part("Debian", func() (string, error) {
			text, err := os.ReadFile(string(root) + "/etc/debian_version")
			return string(text), err
		}),
		part("Python", func() (string, error) {
			return answer(ctx, python, "-I", "-S", "-c", "import platform; print(platform.python_version())")
		}),
		part(SQLite, func() (string, error) {
			return answer(ctx, python, "-I", "-S", "-c", "import sqlite3; print(sqlite3.sqlite_version)")
		}),
		part("Node", func() (string, error) {
			version, err := answer(ctx, string(root)+"/usr/local/bin/node", "--version")
			return strings.TrimPrefix(version, "v"), err
		}),
	}
}

// Image returns what the labels of the image say, which the build has also written down in it. Where it has not, the
// version is own, that of the image's own programs.
//
// contract: BELOW-03
func (root Of) Image(own string) Image {
	image := Image{Version: own, Revision: "unknown", Variant: "unknown"}
	text, err := os.ReadFile(string(root) + "/opt/hermes/libexec/image.version")
	if err != nil {
		return image
	}
	for line := range strings.Lines(string(text)) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), "="); name {
		case "version":
			image.Version = value
		case "revision":
			image.Revision = value
		case "variant":
			image.Variant = value
		}
	}
	return image
}

func part(name string, ask func() (string, error)) Part {
	version, err := ask()
	version = strings.TrimSpace(version)
	switch {
	case err != nil:
		return Part{Name: name, Problem: err.Error()}
	case version == "":
		return Part{Name: name, Problem: "it has no answer"}
	}
	return Part{Name: name, Version: version}
}

// agent is the version of the installed agent, as its metadata's directory has it.
func (root Of) agent() (string, error) {
	const prefix, suffix = "hermes_agent-", ".dist-info"
	found, err := filepath.Glob(string(root) + env.VenvDir + "/lib/python3*/site-packages/" + prefix + "*" + suffix)
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("want one agent in %s, got %d", env.VenvDir, len(found))
	}
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(found[0]), prefix), suffix), nil
}

// answer runs a program of the image, and returns what it prints.
func answer(ctx context.Context, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second) // a bound: a loaded host starts Python in a second
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	cmd.Dir = "/"
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		lines := bytes.Split(bytes.TrimSpace(exit.Stderr), []byte("\n"))
		return "", fmt.Errorf("%s ends with %w: %s", filepath.Base(path), err, lines[len(lines)-1])
	}
	return string(out), err
}

// LosesData reports whether a release of SQLite can corrupt a database that two connections share: before 3.51.3 one that
// writes and one that makes a checkpoint may lose what was written (https://sqlite.org/wal.html#walreset). What is no
// version is false.
//
// contract: BELOW-01
func LosesData(release string) bool {
	var numbers []int
	for text := range strings.SplitSeq(release, ".") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return false
		}
		numbers = append(numbers, n)
	}
	return slices.Compare(numbers, []int{3, 51, 3}) < 0
}
