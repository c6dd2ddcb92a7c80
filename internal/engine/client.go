package engine

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"caduceus/internal/host"
)

// Client is a docker command that can drive a BuildKit build.
type Client struct {
	Path    string
	Version string
	Buildx  bool // it builds through the buildx plugin
	Why     string
}

// candidate is one docker command found, before the choice.
type candidate struct {
	path    string
	version string // "" where it did not say
	buildx  bool
}

// firstBuildxMajor is the first docker client that has no BuildKit builder of its
// own and fails without the buildx plugin.
const firstBuildxMajor = 23

// choose takes the first client that works, in the order of PATH.
func choose(found []candidate) (Client, error) {
	var refused []string
	for _, c := range found {
		client := Client{Path: c.path, Version: c.version, Buildx: c.buildx}
		major, err := strconv.Atoi(strings.SplitN(c.version, ".", 2)[0])
		switch {
		case c.buildx:
			client.Why = "it has the buildx plugin"
		case err != nil:
			refused = append(refused, fmt.Sprintf("%s does not say its version", c.path))
			continue
		case major >= firstBuildxMajor:
			refused = append(refused, fmt.Sprintf("%s (%s) lacks the buildx plugin", c.path, c.version))
			continue
		default:
			client.Why = "it brings its own BuildKit builder"
		}
		if len(refused) > 0 {
			client.Why += "; " + strings.Join(refused, "; ")
		}
		return client, nil
	}
	p := &host.Problem{What: "cannot build with BuildKit", Cause: "no docker client found", Next: "install docker with its buildx plugin"}
	if len(refused) > 0 {
		p.Cause = strings.Join(refused, "; ")
		p.Next = "install its buildx plugin"
	}
	return Client{}, p
}

// clientPackages are what brings a client that builds: Debian 12's client does it by
// itself, later ones and Ubuntu's need the plugin.
func clientPackages(f host.Facts) []string {
	switch major, err := strconv.Atoi(f.Version); {
	case f.ID != "debian":
		return []string{"docker.io", "docker-buildx"}
	case err == nil && major <= 12:
		return []string{"docker.io"}
	default:
		return []string{"docker-cli", "docker-buildx"}
	}
}

// EnsureClient finds a docker client that can build, and installs one where root may.
func EnsureClient(ctx context.Context, h Host) (Client, error) {
	c, err := findClient(ctx, h.Run, h.Getenv("PATH"))
	if err == nil || !h.Facts.Apt() {
		return c, err
	}
	packages := clientPackages(h.Facts)
	if h.Facts.Root {
		h.Say("client: %v", err)
		h.Say("client: installing %s with apt-get", strings.Join(packages, " "))
	}
	if err := host.Install(ctx, h.Run, h.Facts, "build with BuildKit", packages...); err != nil {
		return Client{}, err
	}
	return findClient(ctx, h.Run, h.Getenv("PATH"))
}

// findClient looks at each docker command on PATH, then at the distribution's.
func findClient(ctx context.Context, run host.Runner, path string) (Client, error) {
	var found []candidate
	seen := map[string]bool{}
	for _, dir := range append(filepath.SplitList(path), "/usr/bin") {
		name := filepath.Join(dir, "docker")
		if dir == "" || seen[name] {
			continue
		}
		seen[name] = true
		if _, err := run.LookPath(name); err != nil {
			continue
		}
		found = append(found, look(ctx, run, name))
	}
	return choose(found)
}

func look(ctx context.Context, run host.Runner, name string) candidate {
	c := candidate{path: name}
	var out bytes.Buffer
	// "docker --version" asks no engine: "Docker version 20.10.24+dfsg1, build 297e128".
	if err := run.Run(ctx, host.Cmd{Path: name, Args: []string{"--version"}, Stdout: &out}); err == nil {
		c.version = parseVersion(out.String())
	}
	c.buildx = run.Run(ctx, host.Cmd{Path: name, Args: []string{"buildx", "version"}}) == nil
	return c
}

func parseVersion(line string) string {
	_, rest, ok := strings.Cut(line, "version ")
	if !ok {
		return ""
	}
	return strings.TrimRight(strings.Fields(rest + " ")[0], ",")
}

// Build is a BuildKit build of one target of a Dockerfile.
type Build struct {
	Context string   // folder
	Target  string   // stage
	Args    []string // NAME=value, in order
	IIDFile string   // where the client writes the id of the image
}

// Command is the client's command line for a build of plain progress lines on
// stderr. The image gets no name: whoever checks it names it.
func (c Client) Command(e *Engine, b Build) host.Cmd {
	args := []string{"build", "--progress=plain", "--iidfile", b.IIDFile}
	if b.Target != "" {
		args = append(args, "--target", b.Target)
	}
	if c.Buildx {
		// An attestation would make the id that of an index, which nothing else expects.
		args = append(args, "--load", "--provenance=false")
	}
	for _, a := range b.Args {
		args = append(args, "--build-arg", a)
	}
	return host.Cmd{Path: c.Path, Args: append(args, b.Context), Env: append([]string{"DOCKER_BUILDKIT=1"}, e.Env()...)}
}
