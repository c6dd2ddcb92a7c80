package variable_test

import (
	"os"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
	"caduceus/internal/variable"
)

func TestEachSwitchHasItsOwnList(t *testing.T) {
	clause.Proves(t, "EXEC-02", "GW-06", "SHIM-01")
	cases := map[string]struct{ yes, no []string }{
		"HERMES_DASHBOARD":            {[]string{"1", "true", "YES"}, []string{"", "0", "tRUE", "on", " 1"}},
		"HERMES_DASHBOARD_TUI":        {[]string{"Yes"}, []string{"on"}},
		"HERMES_DASHBOARD_INSECURE":   {[]string{"True"}, []string{"on"}},
		"HERMES_DOCKER_EXEC_AS_ROOT":  {[]string{"yes"}, []string{"on", "2", "garbage"}},
		"HERMES_GATEWAY_NO_SUPERVISE": {[]string{"1", "tRUE", "YES"}, []string{"", "0", "on", "1 "}},
		"HERMES_S6_SUPERVISED_CHILD":  {[]string{"1", "0", " "}, []string{""}},
		"HERMES_UID":                  {nil, []string{"1", "true"}},
		"HERMES_UNKNOWN":              {nil, []string{"1", "true"}},
	}
	for _, name := range []string{
		"HERMES_ALLOW_ROOT_GATEWAY", "HERMES_SKIP_CONFIG_MIGRATION", "GATEWAY_MULTIPLEX_PROFILES", "API_SERVER_ENABLED",
		"HERMES_ALLOW_ANY_UID", "HERMES_GATEWAY_RESPECT_STOP", "HERMES_ADOPT_VOLUME_OWNER", "HERMES_ALLOW_APT",
	} {
		cases[name] = struct{ yes, no []string }{[]string{"1", " On\n", "tRuE", "YES"}, []string{"", "0", "off", "y", "2"}}
	}
	for name, c := range cases {
		for _, value := range c.yes {
			if !variable.On(func(string) string { return value }, name) {
				t.Errorf("%s=%q means no", name, value)
			}
		}
		for _, value := range c.no {
			if variable.True(name, value) {
				t.Errorf("%s=%q means yes", name, value)
			}
		}
	}
}

func TestDefaultsAreThoseOfTheCode(t *testing.T) {
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	options, err := os.ReadFile("../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/options.js")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, v := range variable.All() {
		of[v.Name] = v.Default
		if v.Part == variable.Image && !strings.Contains(string(dockerfile), v.Name+"="+v.Default) {
			t.Errorf("the Dockerfile does not set %s=%s", v.Name, v.Default)
		}
	}
	for name, want := range map[string]string{
		"HERMES_HOME": profile.DefaultHome, "S6_PROFILE_GATEWAY_SCANDIR": gateway.DefaultScandir,
	} {
		if of[name] != want {
			t.Errorf("%s: the table has the default %q, the code %q", name, of[name], want)
		}
	}
	if prefix := of["WHATSAPP_REPLY_PREFIX"]; !strings.Contains(string(options), "'"+prefix+"'") {
		t.Errorf("the bridge's prefix is not %q", prefix)
	}
}
