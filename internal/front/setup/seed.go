package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/held"
)

const (
	installDir   = "/opt/hermes"
	frontProgram = installDir + "/bin/hermes"
)

// makeDirectories makes what the volume is promised to hold. profiles is left to "profile create".
//
// contract: SETUP-18
func (j *job) makeDirectories(_ context.Context, v *volume) error {
	var failed []error
	for _, tree := range append(trees(), "backups", "logs/gateways") {
		if tree == "profiles" {
			continue
		}
		if err := v.MakeDirs(tree, 0o700); err != nil && !errors.Is(err, held.ErrLink) {
			failed = append(failed, fmt.Errorf("cannot create %q: %w", v.name(tree), cause(err)))
		}
	}
	return errors.Join(failed...)
}

// seed is a file that a volume gets when it has none.
type seed struct {
	rel, from string
	mode      uint32
}

func seeds() []seed {
	return []seed{
		{".env", installDir + "/.env.example", 0o600},
		{"config.yaml", installDir + "/cli-config.yaml.example", 0o640},
		{"SOUL.md", installDir + "/docker/SOUL.md", 0o644},
	}
}

// seedFiles writes the missing ones; the configuration with the schema version of the agent that
// is installed, so that it does not count as old.
//
// contract: SETUP-19
func (j *job) seedFiles(_ context.Context, v *volume) error {
	var failed []error
	for _, s := range seeds() {
		if !j.missing(v, "seed", s.rel) {
			continue
		}
		content, err := os.ReadFile(j.real(s.from))
		if err == nil && s.rel == "config.yaml" {
			content = stampVersion(content, j.latestSchema())
		}
		if err == nil {
			err = v.create(s.rel, content, s.mode)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			failed = append(failed, fmt.Errorf("cannot seed %q: %w", v.name(s.rel), cause(err)))
		}
	}
	return errors.Join(failed...)
}

// missing says whether rel is to be written. A symlink is never written through; one that leads to
// a file is somebody's arrangement and needs no line.
func (j *job) missing(v *volume, action, rel string) bool {
	_, err := v.Stat(rel)
	if errors.Is(err, held.ErrLink) {
		if _, err := os.Stat(j.real(v.name(rel))); err != nil {
			j.refuse(action, v.name(rel))
		}
		return false
	}
	return errors.Is(err, unix.ENOENT)
}

// setModes narrows the two files that hold secrets.
//
// contract: SETUP-20
func (j *job) setModes(_ context.Context, v *volume) error {
	var failed []error
	for rel, mode := range map[string]uint32{".env": 0o600, "config.yaml": 0o640} {
		st, err := v.Stat(rel)
		if err == nil && st.Mode&0o7777 != mode {
			err = v.Chmod(rel, mode)
		}
		switch {
		case errors.Is(err, held.ErrLink):
			if j.start != 0 { // a root start has said so when it looked at the owner
				j.refuse("chown/chmod", v.name(rel))
			}
		case err != nil && !errors.Is(err, unix.ENOENT):
			failed = append(failed, fmt.Errorf("cannot set the mode of %q: %w", v.name(rel), cause(err)))
		}
	}
	return errors.Join(failed...)
}

// dropInstallMethod removes the mark that older images left in the volume: it would make a Hermes of
// the host that shares the volume believe it ran in Docker.
//
// contract: SETUP-21
func (j *job) dropInstallMethod(_ context.Context, v *volume) error {
	content, err := v.ReadFile(".install_method")
	if err != nil || strings.TrimSpace(string(content)) != "docker" {
		return nil
	}
	return v.Remove(".install_method")
}

// bootstrapGateway records that the gateway is to run, on a volume that records nothing yet.
//
// contract: SETUP-27, SETUP-28
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

// bootstrapAuth writes the sign-in that the operator brings, or replaces a dead one.
//
// contract: SETUP-25, SETUP-26
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
	return j.script(ctx, "docker_rebootstrap_nous_session.py", j.Stdout)
}

// signIn is the value of a variable that holds an auth.json; "" if it holds anything else, which would be
// in the way of a good one later. The value is a secret and never shown.
//
// contract: ENV-11
func (j *job) signIn(v env.Text) string {
	content := j.Environ.Value(v)
	var object map[string]json.RawMessage
	if content != "" && json.Unmarshal([]byte(content), &object) != nil {
		j.warn("%s is ignored: it is no JSON object", v)
		return ""
	}
	return content
}

// linkCommand makes what the agent's installer would: a hermes in the user's bin, and the place of
// the gateway's locks.
//
// contract: ENV-13
func (j *job) linkCommand(_ context.Context, v *volume) error {
	const link = ".local/bin/hermes"
	err := errors.Join(v.MakeDirs(".local/bin", 0o755), v.MakeDirs(".local/state/hermes/gateway-locks", 0o700))
	if err != nil {
		return err
	}
	if target, err := os.Readlink(j.real(v.name(link))); err == nil && target != frontProgram {
		if err := v.Remove(link); err != nil { // of an older image, or of a host
			return err
		}
	}
	if err := v.Symlink(frontProgram, link); err != nil && !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}
