package setup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/held"
)

// minAPIKey is the agent's own lower limit, in characters.
const minAPIKey = 16

// checkDotenv warns about lines of .env that the agent cannot read. It adds a key if the API server is enabled without one.
//
// contract: SETUP-37
func (j *job) checkDotenv(_ context.Context, v *volume) error {
	content, err := v.ReadFile(".env")
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, held.ErrLink):
		return nil
	case err != nil:
		j.warn("cannot read %s: %v; repair it or run the command \"setup\"", v.name(".env"), cause(err))
		return nil
	}
	values, faults := parseDotenv(content)
	j.dotenv = values
	for _, f := range faults {
		j.warn("%s line %d: %s; correct it or run the command \"setup\"", v.name(".env"), f.line, f.cause)
	}

	enabled := env.APIServer.Yes(j.setting(env.APIServer))
	key := j.setting(env.APIServerKey)
	switch {
	case !enabled:
		return nil
	case key == "":
		return j.addAPIKey(v, content)
	case utf8.RuneCountInString(key) < minAPIKey:
		fmt.Fprintf(j.Stderr, "[stage2] Warning: API_SERVER_KEY has fewer than %d characters: the agent keeps port 8642 closed\n", minAPIKey)
	}
	return nil
}

// addAPIKey appends a random API_SERVER_KEY to .env.
func (j *job) addAPIKey(v *volume, content []byte) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if len(content) > 0 && !bytes.HasSuffix(content, []byte("\n")) {
		content = append(content, '\n')
	}
	content = fmt.Appendf(content, "API_SERVER_KEY=%s\n", hex.EncodeToString(key))
	if err := v.replace(".env", content, 0o600); err != nil {
		return fmt.Errorf("cannot add API_SERVER_KEY to %q: %w", v.name(".env"), cause(err))
	}
	j.say("API_SERVER_ENABLED is set without a key: added a random API_SERVER_KEY to %s", v.name(".env"))
	return nil
}

// setting returns the value of a variable as the agent sees it: the container's or, if that is empty, the one of .env.
//
// contract: ENV-06
func (j *job) setting(v env.Variable) string {
	return cmp.Or(j.Environ.Value(v), j.dotenv[v.String()])
}

// fault is a line of .env that the agent cannot read. The cause does not quote the line, which may hold a secret.
type fault struct {
	line  int
	cause string
}

// parseDotenv reads NAME=value lines as both readers of the agent do: an optional "export", quotes around the value,
// comments. A quoted value may span lines.
func parseDotenv(content []byte) (map[string]string, []fault) {
	values := map[string]string{}
	if bytes.HasPrefix(content, []byte{0xFF, 0xFE}) || bytes.HasPrefix(content, []byte{0xFE, 0xFF}) {
		return values, []fault{{1, "UTF-16 text, not UTF-8"}}
	}
	lines := strings.Split(strings.TrimPrefix(string(content), "\uFEFF"), "\n")
	var faults []fault
	for i := 0; i < len(lines); i++ {
		start := i
		name, value, cause := assignment(lines[i])
		if cause == "" && opensQuote(value) {
			rest := slices.IndexFunc(lines[i+1:], func(line string) bool { return strings.Contains(line, value[:1]) })
			if rest < 0 {
				cause = "a quote is never closed"
			}
			i += rest + 1
		}
		if cause != "" {
			faults = append(faults, fault{start + 1, cause})
		} else if name != "" {
			values[name] = unquote(value)
		}
	}
	return values, faults
}

// assignment splits a line into name and value. For a blank line or comment, name is ""; for a bad line, cause is set.
func assignment(line string) (name, value, cause string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", "", ""
	}
	if strings.ContainsRune(line, 0) {
		return "", "", "a NUL character"
	}
	name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	name = strings.TrimSpace(name)
	switch {
	case !found:
		return "", "", `no "=" after a name`
	case name == "":
		return "", "", `no name before "="`
	case strings.ContainsAny(name, " \t#'\""):
		return "", "", "the name has a blank, quote or # in it"
	}
	return name, strings.TrimSpace(value), ""
}

func opensQuote(value string) bool {
	return value != "" && (value[0] == '"' || value[0] == '\'') && !strings.Contains(value[1:], value[:1])
}

func unquote(value string) string {
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		if end := strings.IndexByte(value[1:], value[0]); end >= 0 {
			return value[1 : 1+end]
		}
	}
	before, _, _ := strings.Cut(value, " #")
	return strings.TrimSpace(before)
}
