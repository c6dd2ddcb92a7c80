package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// StateFile is shared by the agent and all lifecycle verbs.
const StateFile = "gateway_state.json"

// Words of State.Gateway and State.Desired that decide something.
const (
	Running = "running"
	Stopped = "stopped"
)

// State is what gateway_state.json says, as far as the supervisor cares. Its zero value means that
// nothing is recorded.
type State struct {
	Gateway   string    // what the agent says about itself
	Desired   string    // what an operator asked for
	Updated   time.Time // last change; zero if the file does not say
	ByVerb    bool      // it was a lifecycle verb's: Updated is an integer in the file
	Started   int64     // field 22 of the agent's /proc/PID/stat, in ticks since boot; 0 unknown
	PID       int       // of the gateway that wrote the file; 0 unknown
	Platforms map[string]Platform
}

// Platform is what the agent says about one messaging platform, or about its API server.
type Platform struct {
	State   string
	Code    string    // of its last error; "" for none
	Updated time.Time // last change; zero if the file does not say
}

// ReadState reads the state file of a profile's directory. A missing file is a zero State without
// an error; an empty, corrupt or foreign one is a zero State and the reason.
//
// contract: STATE-03
func ReadState(dir string) (State, error) {
	fields, err := readObject(dir, StateFile)
	if err != nil || fields == nil {
		return State{}, err
	}
	s := State{Gateway: text(fields["gateway_state"]), Desired: text(fields["desired_state"])}
	s.Updated, s.ByVerb = instant(fields["updated_at"])
	_ = json.Unmarshal(fields["start_time"], &s.Started) // a wrong type leaves 0: unknown
	_ = json.Unmarshal(fields["pid"], &s.PID)            // likewise
	s.Platforms = readPlatforms(fields["platforms"])
	return s, nil
}

// readPlatforms reads what the agent says about its platforms; nil for garbage.
func readPlatforms(raw json.RawMessage) map[string]Platform {
	var said map[string]struct {
		State   string          `json:"state"`
		Code    any             `json:"error_code"`
		Updated json.RawMessage `json:"updated_at"`
	}
	if json.Unmarshal(raw, &said) != nil {
		return nil
	}
	platforms := make(map[string]Platform, len(said))
	for name, p := range said {
		code, _ := p.Code.(string)
		at, _ := instant(p.Updated)
		platforms[name] = Platform{State: p.State, Code: code, Updated: at}
	}
	return platforms
}

// Recorded is the state that a boot goes by, "" for none: what an operator asked for, word for
// word, else what the agent said last. A gateway that died while draining or with a platform
// missing was running.
//
// contract: STATE-07
func (s State) Recorded() string {
	if s.Desired != "" {
		return s.Desired
	}
	if s.Gateway == "draining" || s.Gateway == "degraded" {
		return Running
	}
	return s.Gateway
}

// HasState reports whether the profile's directory has a state file of any kind, a dangling link too.
func HasState(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, StateFile))
	return !errors.Is(err, fs.ErrNotExist)
}

// mergeState sets keys in the state file and keeps all others. A corrupt file is replaced.
//
// contract: STATE-02
func mergeState(dir string, set map[string]any) error {
	fields, err := readObject(dir, StateFile)
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	merged := make(map[string]any, len(fields)+len(set))
	for key, value := range fields {
		merged[key] = value
	}
	maps.Copy(merged, set)
	return writeObject(dir, StateFile, merged)
}

// WriteState makes a state file of exactly these keys, where there is none.
//
// contract: REC-07
func WriteState(dir string, fields map[string]any) error {
	return writeObject(dir, StateFile, fields)
}

// readObject reads a JSON object; nil without an error if there is no file.
func readObject(dir, name string) (map[string]json.RawMessage, error) {
	b, err := readFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name)
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, fmt.Errorf("cannot parse %q: the file is empty", path)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("cannot parse %q: %w", path, err)
	}
	return fields, nil
}

func writeObject(dir, name string, fields map[string]any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line) // compact, and ends the line
	enc.SetEscapeHTML(false)
	if err := enc.Encode(fields); err != nil {
		return fmt.Errorf("cannot encode %q: %w", name, err)
	}
	return writeFile(dir, name, line.Bytes())
}

// text is the JSON string raw, or the text of any other value but null, as nothing that was
// recorded may read as "nothing recorded".
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return strings.TrimSpace(string(raw))
}

// instant reads a time in either of its two forms: seconds, or ISO 8601.
//
// contract: STATE-03
func instant(raw json.RawMessage) (at time.Time, seconds bool) {
	var n float64
	if len(raw) > 0 && json.Unmarshal(raw, &n) == nil && n > 0 && n < 1<<40 {
		return time.Unix(int64(n), 0), true
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, false
	}
	return at, false
}
