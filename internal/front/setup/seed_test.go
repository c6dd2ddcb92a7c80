package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/dotenv"
)

func TestTheInstallMethodOfOlderImagesIsRemoved(t *testing.T) {
	clause.Proves(t, "SETUP-21")
	c := newContainer(t)
	c.file("opt/data/.install_method", "docker\n", 0o644)
	c.run()
	if _, err := os.Stat(c.data(".install_method")); err == nil {
		t.Error("still there")
	}
	c.file("opt/data/.install_method", "pip\n", 0o644)
	c.run()
	if got := c.read("opt/data/.install_method"); got != "pip\n" {
		t.Errorf("got %q", got)
	}
}

func TestAFirstGatewayStateIsWrittenOnRequest(t *testing.T) {
	clause.Proves(t, "SETUP-27", "SETUP-28")
	for name, test := range map[string]struct{ value, before, want string }{
		"running":          {"running", "", `{"gateway_state":"running"}` + "\n"},
		"another word":     {"Running", "", ""},
		"trailing blank":   {"running ", "", ""},
		"one that exists":  {"running", `{"gateway_state":"stopped"}`, `{"gateway_state":"stopped"}`},
		"an empty one too": {"running", " ", " "},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			if test.before != "" {
				c.file("opt/data/gateway_state.json", test.before, 0o644)
			}
			c.run("HERMES_GATEWAY_BOOTSTRAP_STATE=" + test.value)
			got, _ := os.ReadFile(c.data("gateway_state.json"))
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
			if test.want != "" {
				c.is("opt/data/gateway_state.json", 10000, 0o644)
			}
		})
	}
}

func TestASignInFromAVariableIsWrittenOnce(t *testing.T) {
	clause.Proves(t, "SETUP-25", "SETUP-26")
	c := newContainer(t)
	secret := `{"providers": {"nous": {}}} ` // verbatim, with its blank
	c.run("HERMES_AUTH_JSON_BOOTSTRAP=" + secret)
	if got := c.read("opt/data/auth.json"); got != secret {
		t.Errorf("got %q", got)
	}
	c.is("opt/data/auth.json", 10000, 0o600)
	c.run("HERMES_AUTH_JSON_BOOTSTRAP=other")
	if got := c.read("opt/data/auth.json"); got != secret {
		t.Errorf("overwritten by %q", got)
	}
	c.expect(c.run("HERMES_AUTH_JSON_REBOOTSTRAP={}"), "python docker_rebootstrap_nous_session.py uid 10000")
}

func TestShippedSeedsAreWhatTheCodeExpects(t *testing.T) {
	rootfs := filepath.Join("..", "..", "..", "rootfs", "opt", "hermes")
	config, err := os.ReadFile(filepath.Join(rootfs, "cli-config.yaml.example"))
	if err != nil {
		t.Fatal(err)
	}
	if stamped := stampVersion(config, 41); outdated(stamped, 41) || strings.Count(string(stamped), "_config_version") != 1 {
		t.Errorf("stamped:\n%s", stamped)
	}
	example, err := os.ReadFile(filepath.Join(rootfs, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	if file := dotenv.Read(example, nil); len(file.Values) != 0 || len(file.Faults) != 0 {
		t.Errorf("the example sets %v, faults %v", file.Values, file.Faults)
	}
}

func TestTheLinkToHermesLeadsToTheFront(t *testing.T) {
	clause.Proves(t, "ENV-13", "TOOL-17")
	for name, test := range map[string]struct{ before, want string }{
		"of an older image": {"/opt/hermes/.venv/bin/hermes", frontProgram},
		"of a host":         {"/home/u/.hermes/hermes-agent/venv/bin/hermes", frontProgram},
		"right already":     {frontProgram, frontProgram},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.link(test.before, "opt/data/.local/bin/hermes")
			c.own("opt/data/.local/bin", 10000)
			c.run()
			if got, err := os.Readlink(c.data(".local/bin/hermes")); err != nil || got != test.want {
				t.Errorf("links to %q, %v", got, err)
			}
		})
	}
	c := newContainer(t)
	c.file("opt/data/.local/bin/hermes", "#!/bin/sh\n", 0o755)
	c.run()
	if c.read("opt/data/.local/bin/hermes") != "#!/bin/sh\n" {
		t.Error("somebody's own program was replaced")
	}
}
