package setup

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
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

// checkDotenv warns about lines of .env that the agent cannot read. It adds a key if the API server is enabled without one.
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

	enabled := env.APIServer.Yes(j.setting(env.APIServer))
	key := j.setting(env.APIServerKey)
	switch {
	case !enabled:
		return nil
	case key == "":
		return j.addAPIKey(v, content)
	case utf8.RuneCountInString(key) < minAPIKey:
		fmt.Fprintf(j.Stderr, "[stage2] Warning: %s has fewer than %d characters: the agent keeps port 8642 closed\n", env.APIServerKey, minAPIKey)
	}
	return nil
}

// addAPIKey appends a random API_SERVER_KEY to .env.
func (j *job) addAPIKey(v *volume, content []byte) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	content, err := dotenv.Append(content, env.APIServerKey.String(), hex.EncodeToString(key))
	if err == nil {
		err = v.replace(".env", content, 0o600)
	}
	if err != nil {
		if problem := userfile.Writable(j.Root, v.name(".env"), mounts.Table(), j.hermes); problem != nil {
			j.warn("%s is set without a key, and none can be added: %s; or set %s yourself: openssl rand -hex 32", env.APIServer, problem, env.APIServerKey)
			return nil
		}
		return fmt.Errorf("cannot add %s to %q: %w", env.APIServerKey, v.name(".env"), cause(err))
	}
	j.say("%s is set without a key: added a random %s to %s", env.APIServer, env.APIServerKey, v.name(".env"))
	return nil
}

// setting returns the value of a variable as the agent sees it: the container's or, if that is empty, the one of .env.
//
// contract: ENV-06
func (j *job) setting(v env.Variable) string {
	return cmp.Or(j.Environ.Value(v), j.dotenv[v.String()])
}
