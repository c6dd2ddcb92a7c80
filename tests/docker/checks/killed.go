package checks

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"caduceus/tests/docker/harness"
)

// killedChecks kill containers and look what came back.
// contract: GW-15 REC-05 STATE-06 STATE-08
func killedChecks() []Check {
	return []Check{{
		Name: "a gateway that the boot started comes back after a kill, however far it had come", Clauses: []string{"GW-15", "REC-05", "STATE-06", "STATE-08"},
		Doc: "boots on states of an earlier image, kills the container, and boots again on what gateways that only start leave behind; then after a stop",
		Run: killedWhileStarting,
	}}
}

// earlier are profiles as an image without intents left them.
func earlier() map[string]string {
	return map[string]string{
		"/opt/data":                   `{"gateway_state":"running"}`,
		"/opt/data/profiles/drained":  `{"gateway_state":"draining"}`,
		"/opt/data/profiles/wanted":   `{"gateway_state":"stopped","desired_state":"running"}`,
		"/opt/data/profiles/stopping": `{"gateway_state":"running"}`,
		"/opt/data/profiles/stopped":  `{"gateway_state":"stopped"}`,
	}
}

// starting makes the state files of started gateways say what a gateway says first. Like the agent it keeps the other keys.
const starting = `cd /opt/data && sed -i -E 's/"gateway_state": *"[a-z_]*"/"gateway_state":"starting"/' gateway_state.json ` +
	`profiles/drained/gateway_state.json profiles/wanted/gateway_state.json profiles/stopping/gateway_state.json`

func killedWhileStarting(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{
		Volumes: []harness.Volume{{Name: volume}},
		Files:   []harness.File{harness.File{Path: "/opt/data/profiles", Dir: true}.Hermes()},
	}
	for dir, state := range earlier() {
		if dir != "/opt/data" {
			spec.Files = append(spec.Files, harness.File{Path: dir, Dir: true}.Hermes(),
				harness.File{Path: dir + "/SOUL.md", Content: "probe\n"}.Hermes())
		}
		spec.Files = append(spec.Files, stateFile(dir, state))
	}
	up := map[string]bool{"default": true, "drained": true, "wanted": true, "stopping": true, "stopped": false}
	for _, boot := range []string{"the boot on the states of an earlier image", "a boot after a kill", "a boot after one more kill"} {
		c, err := startIdle(ctx, s, spec)
		if err != nil {
			return err
		}
		if err := bootDecided(ctx, c, up); err != nil {
			return fmt.Errorf("in %s: %w", boot, err)
		}
		if err := quiet(ctx, c, "-p", "stopping", "gateway", "stop"); err != nil {
			return err
		}
		up["stopping"] = false
		if err := killStarting(ctx, s, c, volume); err != nil {
			return err
		}
		spec.Files = nil
	}
	return nil
}

// bootDecided compares the last boot's lines of the boot log.
func bootDecided(ctx context.Context, c *harness.Container, up map[string]bool) error {
	log, err := c.Sh(ctx, fmt.Sprintf(`tail -n %d /opt/data/logs/container-boot.log`, len(up)))
	if err != nil {
		return err
	}
	var errs []error
	for name, start := range up {
		clause, action := "GW-15", "registered"
		if start {
			clause, action = "STATE-06", "started"
		}
		if !regexp.MustCompile(`profile=` + name + ` prior_state=\S+ action=` + action + `\b`).MatchString(log.Stdout) {
			errs = append(errs, violates(clause, "want gateway %s %s, got: %s", name, action, log))
		}
	}
	return errors.Join(errs...)
}

// killStarting kills a container and leaves its gateways' states as if that had met them while they started.
func killStarting(ctx context.Context, s *harness.Subject, c *harness.Container, volume string) error {
	if err := c.Remove(ctx); err != nil {
		return err
	}
	code, out, errs, err := run(ctx, s, harness.Spec{
		Entrypoint: []string{"sh"}, Cmd: []string{"-c", starting}, User: "hermes",
		Volumes: []harness.Volume{{Name: volume}},
	})
	if err == nil && code != 0 {
		err = fmt.Errorf("cannot prepare by %s: exit code %d: %s%s", starting, code, out, errs)
	}
	return err
}
