package image

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func spec(t *testing.T) Spec {
	t.Helper()
	s, err := Load(repository())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachOptionBecomesABuildArgument(t *testing.T) {
	clause.Proves(t, "IMG-15", "IMG-20", "TOOL-01")
	cases := map[string]struct {
		base string
		o    Options
		want map[string]string
	}{
		"nothing chosen": {
			"debian:13.4",
			Options{},
			map[string]string{"BASE_IMAGE": "debian:13.4", "BINARIES": "source", "BROWSER_SOURCE": "debian", "AGENT_VERSION": "0.19.0"},
		},
		"a base with a digest": {
			"debian:13.4@sha256:abc",
			Options{},
			map[string]string{"BASE_IMAGE": "debian:13.4@sha256:abc", "BINARIES": "source", "BROWSER_SOURCE": "debian", "AGENT_VERSION": "0.19.0"},
		},
		"all of it": {
			"debian:13.4@sha256:abc",
			Options{
				Base: "caduceus-base:13.8", Browser: "playwright", AgentSource: "dist/agent", CA: "dist/ca.crt", Prebuilt: true, Version: "1.2.3",
				Revision: "abc", Source: "src", GitSHA: "def", Epoch: time.Unix(1700000000, 5),
			},
			map[string]string{
				"BASE_IMAGE": "caduceus-base:13.8", "BINARIES": "prebuilt", "BROWSER_SOURCE": "playwright", "AGENT_SOURCE": "dist/agent", "CA": "dist/ca.crt",
				"VERSION": "1.2.3", "REVISION": "abc", "SOURCE": "src", "HERMES_GIT_SHA": "def", "SOURCE_DATE_EPOCH": "1700000000",
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := spec(t)
			s.Base = c.base
			if diff := cmp.Diff(c.want, s.BuildArgs(c.o)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLabelsHaveTheValuesOfTheArguments(t *testing.T) {
	clause.Proves(t, "IMG-20", "TOOL-01")
	s := spec(t)
	got := s.Labels(Options{Base: "caduceus-base:13.8", Version: "1.2.3", Revision: "abc"})
	want := map[string]string{
		"org.opencontainers.image.base.name": "caduceus-base:13.8",
		"org.opencontainers.image.version":   "1.2.3",
		"org.opencontainers.image.revision":  "abc",
		"org.opencontainers.image.source":    "unknown",
		"caduceus.agent.version":             s.Agent.Version,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if got := s.Labels(Options{AgentSource: "dist/agent"})[AgentLabel]; got != "unknown" {
		t.Errorf("another agent has the version label %q", got)
	}
}

func TestEveryArgumentIsDeclaredInTheDockerfile(t *testing.T) {
	recipe := dockerfile(t)
	all := Options{
		Base: "b", Browser: "debian", AgentSource: "a", Prebuilt: true, Version: "v", Revision: "r", Source: "s", GitSHA: "g",
		Epoch: time.Unix(1, 0),
	}
	for name := range spec(t).BuildArgs(all) {
		if !strings.Contains(recipe, "ARG "+name+"\n") && !strings.Contains(recipe, "ARG "+name+"=") {
			t.Errorf("the Dockerfile declares no argument %s", name)
		}
	}
	for label := range spec(t).Labels(all) {
		if strings.Count(recipe, label+"=") != 2 {
			t.Errorf("the Dockerfile does not give label %s to both variants", label)
		}
	}
}

func TestAnUnknownBrowserSourceIsRefused(t *testing.T) {
	if err := spec(t).CheckOptions(Options{}); err != nil {
		t.Error(err)
	}
	if err := spec(t).CheckOptions(Options{Browser: "firefox"}); err == nil || !strings.Contains(err.Error(), `"firefox"`) {
		t.Errorf("error %v, want one that names firefox", err)
	}
}
