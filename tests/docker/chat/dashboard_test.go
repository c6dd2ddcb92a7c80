//go:build docker

package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// dashboard waits until the container's dashboard answers.
func (f *fixture) dashboard(c *harness.Container) {
	f.Helper()
	_, err := c.WaitSh(f.Ctx, "answer of the dashboard", "curl -fsS --max-time 3 http://127.0.0.1:9119/api/status", gatewayLimit)
	f.Must(err)
}

// The dashboard as a user meets it, in a browser: the page, its view of the
// gateway, its chat tab, and its button.
func TestTheDashboardWorksInABrowser(t *testing.T) {
	docker.NeedsFull(t, "a browser")
	f := newFixture(t, "DASH-01", "DASH-07", "DASH-13", "DASH-14", "RCP-04")
	c := f.start(harness.Spec{
		Cmd: []string{"gateway", "run"},
		Env: map[string]string{"HERMES_DASHBOARD": "1", "HERMES_DASHBOARD_TUI": "1"},
	})
	f.dashboard(c)
	b := browser{f, c}
	b.do("open http://127.0.0.1:9119/", "set viewport 1280 800")
	b.shows("Gateway Status: Running")
	b.screenshot("page.png")

	up, err := c.Slot(f.Ctx, "gateway-default")
	f.Must(err)
	const restart = `find role button click --name "Restart Gateway"`
	b.do(restart, "wait --text 'RESTART GATEWAY?'", restart)
	_, err = c.WaitSlot(f.Ctx, "gateway-default", "restarted by the page's button", answerLimit, func(s harness.Slot) bool {
		return s.Up && s.WantedUp && s.PID != up.PID
	})
	f.Must(err)

	b.do("open http://127.0.0.1:9119/chat")
	b.shows("❯")
	b.screenshot("chat.png")
	b.do("close")
}

// The dashboard's actions call the agent directly; they end where the front's own
// verbs end: the same slot, the same wish for the next boot.
func TestActionsOfTheDashboardReachTheSlot(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]bool{"as PID 1": false, "not PID 1": true} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "DASH-13", "DASH-14")
			spec := harness.Spec{Cmd: []string{"gateway", "run"}, Env: map[string]string{"HERMES_DASHBOARD": "1"}}
			if shared {
				spec.Host = withInit
			}
			c := f.start(spec)
			f.dashboard(c)
			a := actions{f, c}
			first := a.settles("the start", true, func(harness.Slot) bool { return true })
			a.call("stop")
			a.settles("stop", false, func(harness.Slot) bool { return true })
			a.call("start")
			started := a.settles("start", true, func(s harness.Slot) bool { return s.PID != first.PID })
			a.call("restart")
			a.settles("restart", true, func(s harness.Slot) bool { return s.PID != started.PID })
		})
	}
}

// actions is the dashboard's own API, used as its page does.
type actions struct {
	*fixture
	c *harness.Container
}

// call posts an action and waits for the agent's command to end with code 0.
func (a actions) call(verb string) {
	a.Helper()
	token := `t=$(curl -fsS http://127.0.0.1:9119/ | sed -n 's/.*__HERMES_SESSION_TOKEN__="\([^"]*\)".*/\1/p'); `
	const get = `curl -fsS -H "X-Hermes-Session-Token: $t" `
	res, err := a.c.Sh(a.Ctx, token+get+`-X POST http://127.0.0.1:9119/api/gateway/`+verb)
	a.Must(err)
	if res.Code != 0 {
		a.Fatalf("action %s: %s", verb, res)
	}
	a.Must(harness.Poll(a.Ctx, "end of action "+verb, answerLimit, func(ctx context.Context) (string, bool, error) {
		res, err := a.c.Sh(ctx, token+get+`http://127.0.0.1:9119/api/actions/gateway-`+verb+`/status`)
		if err != nil {
			return "", false, err
		}
		var got struct {
			Running  bool `json:"running"`
			ExitCode *int `json:"exit_code"`
		}
		if err := json.Unmarshal([]byte(res.Stdout), &got); err != nil || got.Running {
			return res.String(), false, nil
		}
		if got.ExitCode == nil || *got.ExitCode != 0 {
			return "", false, fmt.Errorf("action %s has failed: %s", verb, res)
		}
		return "", true, nil
	}))
}

// settles waits until slot, dashboard and the wish for the next boot agree that the
// gateway runs, or does not, as after the front's own verbs. It returns the slot.
func (a actions) settles(after string, up bool, more func(harness.Slot) bool) harness.Slot {
	a.Helper()
	slot, err := a.c.WaitSlot(a.Ctx, "gateway-default", "settled after "+after, answerLimit, func(s harness.Slot) bool {
		return s.Up == up && s.WantedUp == up && more(s)
	})
	a.Must(err)
	state, writer := map[bool]string{true: "running", false: "stopped"}[up], ""
	if up { // what a boot has recorded is not the agent's word, and the agent's first write undoes what a verb writes meanwhile
		writer = fmt.Sprintf(`grep -Eq "\"pid\": *%d\\b" /opt/data/gateway_state.json || exit 1; `, slot.PID)
	}
	for what, script := range map[string]string{
		"the dashboard's status": fmt.Sprintf(`curl -fsS http://127.0.0.1:9119/api/status | tee /dev/stderr | grep -q '"gateway_running": *%t'`, up),
		"the state file": fmt.Sprintf(`cat /opt/data/gateway_state.json >&2; `+writer+`for k in gateway_state desired_state; do
  grep -Eq "\"$k\": *\"%s\"" /opt/data/gateway_state.json || exit 1; done`, state),
	} {
		_, err := a.c.WaitSh(a.Ctx, state+" in "+what+" after "+after, script, answerLimit)
		a.Must(err)
	}
	return slot
}

// Open to the network, the dashboard asks for its password.
func TestAnOpenDashboardAsksForItsPassword(t *testing.T) {
	f := newFixture(t, "DASH-09")
	c := f.openDashboard()
	for what, want := range map[string]string{
		"curl -s -o /dev/null -w '%{http_code}' " + openAddress + "/api/sessions":                                                                       "401",
		"curl -s -o /dev/null -w '%{http_code}' -X POST " + openAddress + "/api/gateway/stop":                                                           "401",
		"curl -s " + openAddress + "/api/status | grep -o '\"auth_required\": *true' | tr -d ' '":                                                       `"auth_required":true`,
		"curl -s " + openAddress + "/login | grep -c SESSION_TOKEN":                                                                                     "0",
		"curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -d '" + body("wrong") + "' " + openAddress + "/auth/password-login": "401",
	} {
		res, err := c.Sh(f.Ctx, what)
		f.Must(err)
		if res.Output() != want {
			t.Errorf("%s: want %s, got %s", what, want, res)
		}
	}
}

// The same in a browser: first nothing but the form, then the page.
func TestABrowserSignsInToTheDashboard(t *testing.T) {
	docker.NeedsFull(t, "a browser")
	f := newFixture(t, "DASH-09")
	b := browser{f, f.openDashboard()}
	b.do("open "+openAddress+"/", "set viewport 1280 800")
	if page := b.shows("SIGN IN"); strings.Contains(page, "Gateway Status") {
		t.Errorf("want nothing but the form, got:\n%s", page)
	}
	b.screenshot("sign-in.png")
	b.do("fill 'input[name=username]' keeper", "fill 'input[name=password]' of-the-dashboard", "press Enter")
	b.shows("Gateway Status:")
	b.screenshot("signed-in.png")
	b.do("close")
}

// openAddress is where a dashboard on all interfaces answers, for a shell in its container.
const openAddress = `http://$(hostname -i):9119`

// openDashboard is a container with a dashboard on all interfaces, behind a password.
func (f *fixture) openDashboard() *harness.Container {
	f.Helper()
	c := f.start(harness.Spec{Cmd: []string{"sleep", "infinity"}, Env: map[string]string{
		"HERMES_DASHBOARD": "1", "HERMES_DASHBOARD_HOST": "0.0.0.0",
		"HERMES_DASHBOARD_BASIC_AUTH_USERNAME": "keeper", "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD": "of-the-dashboard",
	}})
	f.dashboard(c)
	return c
}

func body(password string) string {
	return `{"provider":"basic","username":"keeper","password":"` + password + `"}`
}

// withInit is docker run --init: the engine's own init is PID 1, ours is not.
func withInit(h *container.HostConfig) {
	yes := true
	h.Init = &yes
}
