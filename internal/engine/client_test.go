package engine

import (
	"errors"
	"strings"
	"testing"

	"caduceus/internal/host"

	"github.com/google/go-cmp/cmp"
)

func TestTheFirstClientThatCanBuildIsChosen(t *testing.T) {
	old := candidate{path: "/usr/bin/docker", version: "20.10.24+dfsg1"}
	bare := candidate{path: "/usr/local/bin/docker", version: "28.2.2"}
	full := candidate{path: "/opt/docker", version: "29.0.1", buildx: true}
	mute := candidate{path: "/home/docker"}
	for name, c := range map[string]struct {
		in   []candidate
		want Client
		err  string
	}{
		"an old client builds by itself":          {[]candidate{old}, Client{Path: "/usr/bin/docker", Version: "20.10.24+dfsg1", Why: "it brings its own BuildKit builder"}, ""},
		"a new one without buildx is passed over": {[]candidate{bare, old}, Client{Path: "/usr/bin/docker", Version: "20.10.24+dfsg1", Why: "it brings its own BuildKit builder; /usr/local/bin/docker (28.2.2) lacks the buildx plugin"}, ""},
		"a new one with buildx works":             {[]candidate{full, old}, Client{Path: "/opt/docker", Version: "29.0.1", Buildx: true, Why: "it has the buildx plugin"}, ""},
		"the first on PATH wins":                  {[]candidate{old, full}, Client{Path: "/usr/bin/docker", Version: "20.10.24+dfsg1", Why: "it brings its own BuildKit builder"}, ""},
		"one that does not say what it is":        {[]candidate{mute, full}, Client{Path: "/opt/docker", Version: "29.0.1", Buildx: true, Why: "it has the buildx plugin; /home/docker does not say its version"}, ""},
		"none that works":                         {[]candidate{bare}, Client{}, `cannot build with BuildKit: /usr/local/bin/docker (28.2.2) lacks the buildx plugin; install its buildx plugin`},
		"none at all":                             {nil, Client{}, `cannot build with BuildKit: no docker client found; install docker with its buildx plugin`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := choose(c.in)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if text(err) != c.err {
				t.Errorf("want %q, got %q", c.err, text(err))
			}
		})
	}
}

func TestAClientWithoutBuildxIsPassedOver(t *testing.T) {
	run := &host.Fake{
		Paths: map[string]string{"/usr/local/bin/docker": "", "/usr/bin/docker": ""},
		Answer: func(c host.Cmd) (string, error) {
			switch {
			case c.Args[0] == "buildx":
				return "", errors.New("exit status 1")
			case strings.HasPrefix(c.Path, "/usr/local"):
				return "Docker version 28.2.2, build e6534b4\n", nil
			default:
				return "Docker version 20.10.24+dfsg1, build 297e128\n", nil
			}
		},
	}
	got, err := findClient(t.Context(), run, "/usr/local/bin::/bin")
	if err != nil {
		t.Fatal(err)
	}
	if got.Path != "/usr/bin/docker" || got.Version != "20.10.24+dfsg1" {
		t.Errorf("want Debian's own client, got %+v", got)
	}
}

func TestRootGetsAClientInstalledWhereNoneIs(t *testing.T) {
	for name, c := range map[string]struct {
		facts host.Facts
		want  string
	}{
		"Debian 12":    {host.Facts{Root: true, ID: "debian", Version: "12"}, "docker.io"},
		"Debian 13":    {host.Facts{Root: true, ID: "debian", Version: "13"}, "docker-cli docker-buildx"},
		"Debian sid":   {host.Facts{Root: true, ID: "debian"}, "docker-cli docker-buildx"},
		"Ubuntu":       {host.Facts{Root: true, ID: "ubuntu", Like: "debian", Version: "24.04"}, "docker.io docker-buildx"},
		"not root":     {host.Facts{ID: "debian", Version: "13"}, ""},
		"not Debian's": {host.Facts{Root: true, ID: "alpine"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			run := &host.Fake{Paths: map[string]string{}}
			run.Answer = func(cmd host.Cmd) (string, error) {
				if cmd.Path == "apt-get" {
					run.Paths["/usr/bin/docker"] = ""
				}
				return "Docker version 26.1.5+dfsg1, build x\n", nil
			}
			got, err := EnsureClient(t.Context(), Host{
				Facts: c.facts, Run: run, Getenv: func(string) string { return "" }, Say: func(string, ...any) {},
			})
			installed := run.Did("DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends " + c.want)
			if c.want == "" && (err == nil || len(run.Ran) > 0) || c.want != "" && (err != nil || !installed || !got.Buildx) {
				t.Errorf("want %q installed, got %+v, %v after %q", c.want, got, err, run.Ran)
			}
		})
	}
}

func TestABuildGoesToThisEngineWithTheTargetAndArguments(t *testing.T) {
	e := &Engine{Endpoint: Endpoint{Host: "unix:///s"}}
	b := Build{Context: "/r", Target: "full", Args: []string{"A=1", "B=2"}, IIDFile: "/id"}
	for name, c := range map[string]struct {
		client Client
		want   string
	}{
		"old client": {Client{Path: "/d"}, "DOCKER_BUILDKIT=1 DOCKER_HOST=unix:///s /d build --progress=plain --iidfile /id --target full --build-arg A=1 --build-arg B=2 /r"},
		"buildx":     {Client{Path: "/d", Buildx: true}, "DOCKER_BUILDKIT=1 DOCKER_HOST=unix:///s /d build --progress=plain --iidfile /id --target full --load --provenance=false --build-arg A=1 --build-arg B=2 /r"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.client.Command(e, b).String(); got != c.want {
				t.Errorf("want %s\n got %s", c.want, got)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
