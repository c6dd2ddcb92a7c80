package setup

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/front/dotenv"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/userfile"
	"caduceus/internal/held"
)

// minAPIKey is the agent's own lower limit, in characters.
const minAPIKey = 16

// maxFaults is how many lines of .env the boot names one by one.
const maxFaults = 20

// checkDotenv warns about lines of .env that the agent cannot read, and sees to the key of the API server.
//
// contract: SETUP-37
func (j *job) checkDotenv(_ context.Context, v *volume) error {
	if j.unusable[".env"] {
		return nil
	}
	content, err := v.ReadHead(".env", dotenv.MaxSize)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, held.ErrLink):
		return nil
	case err != nil:
		j.warn("cannot read %s: %v; repair it or run the command \"setup\"", v.name(".env"), cause(err))
		return nil
	}
	file := dotenv.Read(content, j.Environ)
	j.dotenv = file.Values
	for i, f := range file.Faults {
		if i == maxFaults {
			j.warn("%s has %d more such lines", v.name(".env"), len(file.Faults)-i)
			break
		}
		j.warn("%s line %d: %s; correct it or run the command \"setup\"", v.name(".env"), f.Line, f.Cause)
	}
	return j.checkAPIKey(v)
}

// checkAPIKey adds a key to the .env of the container's own profile if the API server is enabled without one, and warns
// about one that the agent refuses.
//
// contract: SETUP-34
func (j *job) checkAPIKey(v *volume) error {
	file := path.Join(j.ownDir(), ".env")
	content, err := v.ReadHead(file, dotenv.MaxSize)
	if err != nil && (file == ".env" || !errors.Is(err, unix.ENOENT)) {
		return nil
	}
	set := dotenv.Read(content, j.Environ).Values
	key := cmp.Or(j.Environ.Value(env.APIServerKey), set[env.APIServerKey.String()])
	switch {
	case !env.APIServer.Yes(cmp.Or(j.Environ.Value(env.APIServer), set[env.APIServer.String()])):
		return nil
	case key == "" && j.elsewhere: // the container that has the gateways has a key, or adds one
		return nil
	case key == "":
		return j.addAPIKey(v, file, content)
	case utf8.RuneCountInString(key) < minAPIKey:
		fmt.Fprintf(j.Stderr, "[stage2] Warning: %s has fewer than %d characters: the agent keeps port 8642 closed\n", env.APIServerKey, minAPIKey)
	}
	return nil
}

// addAPIKey appends a random API_SERVER_KEY to a .env.
func (j *job) addAPIKey(v *volume, file string, content []byte) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	content, err := dotenv.Append(content, env.APIServerKey.String(), hex.EncodeToString(key))
	if err == nil {
		err = v.replace(file, content, 0o600)
	}
	if err != nil {
		if problem := userfile.Writable(j.Root, v.name(file), mounts.Table(), j.hermes); problem != nil {
			j.warn("%s is set without a key, and none can be added: %s; or set %s yourself: openssl rand -hex 32", env.APIServer, problem, env.APIServerKey)
			return nil
		}
		return fmt.Errorf("cannot add %s to %q: %w", env.APIServerKey, v.name(file), cause(err))
	}
	j.say("%s is set without a key: added a random %s to %s", env.APIServer, env.APIServerKey, v.name(file))
	return nil
}

// setting returns the value of a variable as the agent sees it: the container's or, if that is empty, the one of .env.
//
// contract: ENV-06
func (j *job) setting(v env.Variable) string {
	return cmp.Or(j.Environ.Value(v), j.dotenv[v.String()])
}
