package checks

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"

	"caduceus/tests/docker/harness"
)

// fault is something wrong in a container, and how the doctor must name it.
type fault struct {
	seed          string   // root's script that breaks it; "": the environment does
	env           []string // of the doctor's docker exec
	user          string   // of it; "": hermes
	object, cause string   // of the finding; cause is an expression
}

// doctorChecks break things and ask the doctor.
// contract: STATUS-04 HOLD-02
func doctorChecks() []Check {
	return []Check{
		{
			Name: "container doctor names what is wrong on a volume", Clauses: []string{"STATUS-04"},
			Doc: "a container with the gateways of the volume, then one fault after the other; each must be a finding with cause and fix", Run: doctorVolume,
		},
		{
			Name: "container doctor names what is wrong in a container", Clauses: []string{"STATUS-04"},
			Doc: "a full disk, a dashboard that never listens, then one fault after the other; each must be a finding with cause and fix", Run: doctorContainer,
		},
	}
}

// profileOf makes a profile that the boot has not seen.
const profileOf = `mkdir -p /opt/data/profiles/$name && echo probe >/opt/data/profiles/$name/SOUL.md; `

func volumeFaults() []fault {
	return []fault{
		{object: "/opt/data", cause: `in use by another running container`},
		{seed: `chmod a-x /opt/hermes/libexec/hermes`, object: "/opt/hermes/libexec/hermes", cause: `.`},
		{seed: `name=Bad.Name; ` + profileOf, object: "profiles", cause: `Bad\.Name`},
		{seed: `name=late; ` + profileOf, object: "profile late", cause: `no gateway slot`},
		{seed: `cd /opt/data/profiles/late && echo A=b >.env && chmod 600 .env`, object: "profile late", cause: `\.env.*permission denied`},
		{seed: `printf 'a: [b\n' >/opt/data/profiles/late/config.yaml`, object: "profile late", cause: `config\.yaml`},
		{seed: `printf '{"gate' >/opt/data/profiles/late/gateway_state.json`, object: "profile late", cause: `gateway_state\.json`},
		{seed: `printf '[]' >/opt/data/profiles/late/.gateway_intent.json`, object: "profile late", cause: `gateway_intent\.json`},
		{seed: `d=/opt/data/logs/gateways/late; mkdir -p $d && chown -R 0:0 $d && chmod 755 $d`, object: "profile late", cause: `log goes to stdout only`},
		{seed: `chown 4000:4000 /opt/data && chmod 755 /opt/data`, object: "/opt/data", cause: `does not belong to user hermes`},
	}
}

func containerFaults() []fault {
	return []fault{
		{object: "/opt/data", cause: `disk is full: \d+ KiB`},
		{object: "dashboard", cause: `does not accept on port 9119`},
		{env: []string{"S6_PROFILE_GATEWAY_SCANDIR=/nowhere"}, object: "init", cause: `nothing supervises /nowhere`},
		{env: []string{"HERMES_HOME=data"}, object: "HERMES_HOME", cause: `not an absolute path`},
		{env: []string{"HERMES_HOME=/usr/data"}, object: "HERMES_HOME", cause: `directory of the system`},
		{env: []string{"HERMES_HOME=/nowhere"}, object: "/nowhere", cause: `no such file`},
		{seed: `sed -i '/^hermes:/d' /etc/passwd`, user: "10000", object: "user hermes", cause: `.`},
	}
}

func doctorVolume(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}
	holder, err := startGateway(ctx, s, spec)
	if err != nil {
		return err
	}
	c, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	if err := diagnose(ctx, c, volumeFaults()); err != nil {
		return err
	}
	if err := holder.Remove(ctx); err != nil {
		return err
	}
	// The agent is no program any more: its gateway dies as often as it is started.
	if err := expectSh(ctx, c, "STATUS-04", `/command/s6-svc -u /run/service/gateway-default`); err != nil {
		return err
	}
	return harness.Poll(ctx, "finding of a crash loop", gatewayLimit, func(ctx context.Context) (string, bool, error) {
		err := diagnose(ctx, c, []fault{{object: "gateway-default", cause: `crash loop`}})
		if len(Violations(err)) > 0 {
			return err.Error(), false, nil
		}
		return "found", err == nil, err
	})
}

func doctorContainer(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{
		Host:  sized("2m"),
		Env:   map[string]string{"HERMES_DASHBOARD": "1"},
		Files: []harness.File{script("/etc/s6-overlay/s6-rc.d/dashboard/run", "exec sleep 98765")},
	})
	if err != nil {
		return err
	}
	return diagnose(ctx, c, containerFaults())
}

// diagnose seeds one fault after the other and wants each among the findings.
func diagnose(ctx context.Context, c *harness.Container, faults []fault) error {
	var errs []error
	for _, f := range faults {
		if f.seed != "" {
			if res, err := c.Root(ctx, f.seed); err != nil || res.Code != 0 {
				return errors.Join(err, violates("STATUS-04", "cannot seed by %q: %s", f.seed, res))
			}
		}
		res, err := c.Exec(ctx, harness.Exec{
			Cmd: []string{"/opt/hermes/bin/hermes", "container", "doctor", "--json"}, Env: f.env, User: f.user,
		})
		if err != nil {
			return err
		}
		if res.Code != 1 || !f.among(res.Stdout) {
			errs = append(errs, violates("STATUS-04", "after %q %q: want exit code 1 and a finding about %q like %q with a fix, got %s",
				f.seed, f.env, f.object, f.cause, res))
		}
	}
	return errors.Join(errs...)
}

// among looks for the fault in the doctor's JSON.
func (f fault) among(report string) bool {
	var d struct {
		Findings []struct{ Object, Cause, Fix string }
	}
	if json.Unmarshal([]byte(report), &d) != nil {
		return false
	}
	cause := regexp.MustCompile(f.cause)
	for _, found := range d.Findings {
		if found.Object == f.object && cause.MatchString(found.Cause) && found.Fix != "" {
			return true
		}
	}
	return false
}
