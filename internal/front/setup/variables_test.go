package setup

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestASwitchThatIsNeitherTrueNorFalseIsWarnedAbout(t *testing.T) {
	clause.Proves(t, "ENV-11")
	c := newContainer(t)
	for _, quiet := range []string{
		"HERMES_ALLOW_APT=", "HERMES_ALLOW_APT= On ", "HERMES_DASHBOARD=no", "HERMES_DASHBOARD=0", "HERMES_GATEWAY_NO_SUPERVISE=TRUE",
		"HERMES_S6_SUPERVISED_CHILD=x", "UNKNOWN=x",
	} {
		if out := c.run(quiet); strings.Contains(out, "neither true nor false") {
			t.Errorf("%s: %s", quiet, out)
		}
	}
	for _, named := range []string{
		"HERMES_ALLOW_APT=ture", "HERMES_DASHBOARD=on", "HERMES_DASHBOARD= 1", "HERMES_GATEWAY_NO_SUPERVISE=on", "HERMES_ADOPT_VOLUME_OWNER=2",
	} {
		name, value, _ := strings.Cut(named, "=")
		c.expect(c.run(named), "[stage2] Warning: "+name+"=\""+value+"\" is neither true nor false; it counts as false")
	}
}

func TestAVariableInTheWrongCaseIsWarnedAbout(t *testing.T) {
	clause.Proves(t, "ENV-11")
	c := newContainer(t)
	c.expect(c.run("hermes_dashboard=1"), "[stage2] Warning: hermes_dashboard is ignored: names of variables are upper case, HERMES_DASHBOARD")
	if out := c.run("HERMES_DASHBOARD=1", "http_proxy=x"); strings.Contains(out, "upper case") {
		t.Error(out)
	}
}

func TestASignInThatIsNotJSONIsNotWritten(t *testing.T) {
	clause.Proves(t, "ENV-11", "SETUP-25")
	c := newContainer(t)
	for _, value := range []string{"garbage", `["x"]`, `{"a":`, "$(touch /x)"} {
		out := c.run("HERMES_AUTH_JSON_BOOTSTRAP=" + value)
		c.expect(out, "[stage2] Warning: HERMES_AUTH_JSON_BOOTSTRAP is ignored: not a JSON object")
		if strings.Contains(out, value) {
			t.Errorf("a secret is shown: %s", out)
		}
	}
	c.run("HERMES_AUTH_JSON_BOOTSTRAP={\"a\": 1}\n")
	if got := c.read("opt/data/auth.json"); got != "{\"a\": 1}\n" {
		t.Errorf("want the good one, word for word, got %q", got)
	}
}

func TestAnUnknownBootstrapStateIsWarnedAbout(t *testing.T) {
	clause.Proves(t, "ENV-11", "SETUP-27")
	c := newContainer(t)
	c.expect(c.run("HERMES_GATEWAY_BOOTSTRAP_STATE=Running"), `HERMES_GATEWAY_BOOTSTRAP_STATE="Running" is ignored`)
}

func TestARefusedHomeIsExportedAsTheDefault(t *testing.T) {
	clause.Proves(t, "ENV-11")
	c := newContainer(t)
	c.file("run/s6/container_environment/HERMES_HOME", "/etc\n", 0o644)
	c.expect(c.run("HERMES_HOME=/etc"), `HERMES_HOME="/etc" is a directory of the system`)
	if got := c.read("run/s6/container_environment/HERMES_HOME"); got != "/opt/data\n" {
		t.Errorf("exported %q", got)
	}
	c.is("etc", 0, 0)
}
