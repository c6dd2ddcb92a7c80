package setup

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestInstallMethodOfOlderImagesIsDropped(t *testing.T) {
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

func TestGatewayBootstrapState(t *testing.T) {
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

func TestAuthBootstrap(t *testing.T) {
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
