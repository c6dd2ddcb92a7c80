package checks

import (
	"context"
	"errors"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

// followLimit is what the contract gives to slots, 10 s, and a loaded host's share.
const followLimit = 20 * time.Second

// Checks that a mutant names.
const (
	FollowCheck          = "slots follow profiles that other programs rename, import, install, copy and remove"
	SecondContainerCheck = "a second container on a volume says so and removes nothing"
)

// followChecks are about changes that the front does not make itself.
// contract: PROF-05 RUN-10
func followChecks() []Check {
	return []Check{
		{
			Name: "slots and intent follow profile rename, export and import", Clauses: []string{"PROF-05"},
			Doc: "by the front's verbs", Run: follow(followVerbs()),
		},
		{
			Name: FollowCheck, Clauses: []string{"PROF-05"},
			Doc: "profile rename, import and install by the agent alone; mv, cp and rm on the volume", Run: follow(followOthers()),
		},
		{
			Name: SecondContainerCheck, Clauses: []string{"RUN-10"},
			Doc: "boots a container beside one with a gateway on the same volume, and again after that has ended", Run: twoContainers,
		},
	}
}

// followStep changes profiles; then names the slots that must be as wanted in time: "up", "down" or "gone";
// or "running", as a gateway that only starts makes its directory again if that is moved away.
type followStep struct {
	script string
	then   map[string]string
}

const (
	front    = "hermes "
	agent    = "/opt/hermes/libexec/hermes "
	profiles = "cd /opt/data/profiles && "
)

// followVerbs are those that the front serves.
func followVerbs() []followStep {
	return []followStep{
		{front + "profile create --no-skills one && " + front + "-p one gateway start", map[string]string{"one": "up"}},
		{front + "profile rename one two", map[string]string{"one": "gone", "two": "up"}},
		// An export of a running gateway is a second one elsewhere, but not here and now.
		{front + "profile export two -o /tmp/two.tar.gz && " + front + "profile import /tmp/two.tar.gz --name copy", map[string]string{"copy": "down", "two": "up"}},
		{`grep '"desired_state":"stopped"' /opt/data/profiles/copy/gateway_state.json`, nil},
		{front + "-p two gateway stop && " + front + "profile rename two three", map[string]string{"two": "gone", "three": "down"}},
		{front + "-p three gateway start && " + front + "profile rename three four", map[string]string{"three": "gone", "four": "up"}},
		{recordStop("four") + " && " + front + "profile rename four five", map[string]string{"four": "gone", "five": "down"}},
		{`grep '"want":"down"' /opt/data/profiles/five/.gateway_intent.json`, nil},
		// Nobody ever asked for this one: the supervisor alone knows that it is wanted.
		{front + "profile create --no-skills six && /command/s6-svc -u /run/service/gateway-six && " + waitWanted("six"), nil},
		{front + "profile rename six seven", map[string]string{"six": "gone", "seven": "up"}},
		{`grep '"want":"up"' /opt/data/profiles/seven/.gateway_intent.json`, nil},
	}
}

// recordStop is the first half of a stop, whose signal is late. It is later than all that was recorded before.
func recordStop(name string) string {
	return `printf '{"want":"down","at":%d}\n' $(($(date +%s) + 2)) >/opt/data/profiles/` + name + `/.gateway_intent.json`
}

// waitWanted waits until the supervisor says that it wants a gateway up.
func waitWanted(name string) string {
	return `for i in $(seq 100); do [ "$(/command/s6-svstat -o wantedup /run/service/gateway-` + name + `)" = true ] && break; sleep 0.1; done`
}

// followOthers are changes that the front learns of later.
func followOthers() []followStep {
	return []followStep{
		{agent + "profile create --no-skills one && " + front + "-p one gateway start", map[string]string{"one": "running"}},
		{agent + "profile rename one two", map[string]string{"one": "gone", "two": "running"}},
		{profiles + "mv two three", map[string]string{"two": "gone", "three": "up"}},
		{profiles + "cp -r three copy && tar czf /tmp/tarred.tar.gz copy", map[string]string{"copy": "down", "three": "up"}},
		{agent + "profile import /tmp/tarred.tar.gz --name tarred", map[string]string{"tarred": "down"}},
		{`mkdir /tmp/dist && printf 'name: dist\nversion: 1.0.0\n' >/tmp/dist/distribution.yaml && echo soul >/tmp/dist/SOUL.md && ` +
			agent + "profile install --yes /tmp/dist", map[string]string{"dist": "down"}},
		// What never had a profile stays while others go.
		{"cp -r /run/service/gateway-default /run/service/gateway-bare && /command/s6-svscanctl -a /run/service", map[string]string{"bare": "down"}},
		{profiles + "rm -rf three copy tarred", map[string]string{"three": "gone", "copy": "gone", "tarred": "gone", "dist": "down", "bare": "down", "default": "down"}},
	}
}

func follow(steps []followStep) func(context.Context, *harness.Subject) error {
	return func(ctx context.Context, s *harness.Subject) error {
		c, err := startIdle(ctx, s, harness.Spec{})
		if err != nil {
			return err
		}
		for _, step := range steps {
			if err := expectSh(ctx, c, "PROF-05", step.script); err != nil {
				return err
			}
			for name, want := range step.then {
				if err := followed(ctx, c, name, want); err != nil {
					return violates("PROF-05", "after %s: %v", step.script, err)
				}
			}
		}
		return nil
	}
}

func followed(ctx context.Context, c *harness.Container, name, want string) error {
	switch want {
	case "gone":
		_, err := c.WaitSh(ctx, "end of slot gateway-"+name, `! test -e /run/service/gateway-`+name, followLimit)
		return err
	case "running":
		_, err := c.WaitSh(ctx, "gateway of "+name, harness.GatewayRuns("/opt/data/profiles/"+name), gatewayLimit)
		return err
	}
	fits := map[string]func(harness.Slot) bool{"up": up, "down": down}[want]
	_, err := c.WaitSlot(ctx, "gateway-"+name, want, followLimit, fits)
	return err
}

func twoContainers(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	const coder = "/opt/data/profiles/coder"
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}, Files: []harness.File{
		harness.File{Path: "/opt/data/profiles", Dir: true}.Hermes(),
		harness.File{Path: coder, Dir: true}.Hermes(),
		harness.File{Path: coder + "/SOUL.md", Content: "probe\n"}.Hermes(),
	}}
	first, err := startGateway(ctx, s, spec)
	if err != nil {
		return err
	}
	const files = coder + "/gateway.pid " + coder + "/processes.json"
	put := `for f in ` + files + `; do echo kept >$f || exit; done`
	if err := expectSh(ctx, first, "RUN-10", put); err != nil {
		return err
	}
	second, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	const says = "another running container"
	warned := func(c *harness.Container, times int) error {
		out, err := c.AllLogs(ctx)
		if err != nil {
			return err
		}
		if strings.Count(out, says) != times {
			return violates("RUN-10", "want %q %d times:\n%s", says, times, out)
		}
		for line := range strings.Lines(out) {
			if strings.Contains(line, says) && (!strings.Contains(line, "/opt/data ") || !strings.Contains(line, first.ID[:12])) {
				return violates("RUN-10", "want H and %q in %q", first.ID[:12], line)
			}
		}
		return nil
	}
	if err := errors.Join(
		warned(first, 0), warned(second, 1),
		expectSh(ctx, second, "RUN-10", `grep -c kept `+files),
	); err != nil {
		return err
	}
	// Alone on the volume, what a dead container left is stale (STATE-12), and nothing warns.
	if _, err := first.Stop(ctx); err != nil {
		return err
	}
	if err := second.Restart(ctx); err != nil {
		return err
	}
	if err := booted(ctx, second); err != nil {
		return err
	}
	_, err = second.WaitSh(ctx, "end of stale files", `! ls `+files+` 2>/dev/null`, verbLimit)
	return errors.Join(broken("RUN-10", err), warned(second, 1))
}
