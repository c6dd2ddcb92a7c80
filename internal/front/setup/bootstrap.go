package setup

import (
	"context"
	"encoding/json"
	"errors"

	"caduceus/internal/env"
	"caduceus/internal/held"
)

// bootstrapGateway records that the gateway is wanted up, if the operator asks for it and nothing is recorded yet.
//
// contract: SETUP-27
func (j *job) bootstrapGateway(_ context.Context, v *volume) error {
	value := j.Environ.Value(env.BootstrapState)
	if value != "" && value != "running" {
		j.warn("%s=%s is ignored: its only value is running", env.BootstrapState, env.Shown(value))
	}
	if value != "running" || !j.missing(v, "seed", "gateway_state.json") {
		return nil
	}
	return v.create("gateway_state.json", []byte(`{"gateway_state":"running"}`+"\n"), 0o644)
}

// bootstrapAuth writes auth.json from a variable if the file is missing, or has a script replace a dead sign-in in it.
//
// contract: SETUP-25
func (j *job) bootstrapAuth(ctx context.Context, v *volume) error {
	const rel = "auth.json"
	if content := j.signIn(env.AuthBootstrap); content != "" && j.missing(v, "seed", rel) {
		return v.create(rel, []byte(content), 0o600)
	}
	if j.signIn(env.AuthRebootstrap) == "" {
		return nil
	}
	_, err := v.Stat(rel)
	if errors.Is(err, held.ErrLink) {
		j.refuse("reseed", v.name(rel))
		return nil
	}
	if err != nil {
		return nil
	}
	return j.runScript(ctx, "docker_rebootstrap_nous_session.py")
}

// signIn returns the value of a variable that holds the text of an auth.json. It returns "" if the value is not a JSON
// object: such a file would keep a good one from being written later. The value is a secret, so the warning does not
// show it.
//
// contract: ENV-11
func (j *job) signIn(v env.Text) string {
	content := j.Environ.Value(v)
	var object map[string]json.RawMessage
	if content != "" && json.Unmarshal([]byte(content), &object) != nil {
		j.warn("%s is ignored: not a JSON object", v)
		return ""
	}
	return content
}
