package profile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func TestWhichStateCountsAsRecorded(t *testing.T) {
	clause.Proves(t, "REC-06", "STATE-02", "STATE-03", "STATE-07")
	cases := map[string]struct {
		content, want, err string
	}{
		"agent running":             {`{"gateway_state":"running"}`, "running", ""},
		"agent draining":            {`{"gateway_state":"draining"}`, "running", ""},
		"agent degraded":            {`{"gateway_state":"degraded"}`, "running", ""},
		"agent starting":            {`{"gateway_state":"starting"}`, "starting", ""},
		"agent failed":              {`{"gateway_state":"startup_failed"}`, "startup_failed", ""},
		"desired beats the agent":   {`{"gateway_state":"running","desired_state":"stopped"}`, "stopped", ""},
		"desired is taken verbatim": {`{"gateway_state":"running","desired_state":"draining"}`, "draining", ""},
		"desired null says nothing": {`{"gateway_state":"running","desired_state":null}`, "running", ""},
		"desired of a foreign type": {`{"gateway_state":"running","desired_state":{"a":1}}`, `{"a":1}`, ""},
		"no known key":              {`{"x":1}`, "", ""},
		"null":                      {`null`, "", ""},
		"empty":                     {"", "", "is empty"},
		"blank":                     {" \n", "", "is empty"},
		"cut off":                   {`{"gateway_state":"runn`, "", "cannot parse"},
		"a list":                    {`[1]`, "", "cannot parse"},
		"binary":                    {"\x00\xff", "", "cannot parse"},
		"huge":                      {strings.Repeat(" ", held.MaxFile+1), "", "larger than"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, StateFile, c.content)
			s, err := ReadState(dir)
			if got := s.Recorded(); got != c.want || !contains(err, c.err) {
				t.Errorf("got %q, %v; want %q, error with %q", got, err, c.want, c.err)
			}
		})
	}
}

func TestAStateFileThatIsNoFile(t *testing.T) {
	clause.Proves(t, "REC-06")
	cases := map[string]func(t *testing.T, path string) error{
		"directory":              func(_ *testing.T, path string) error { return os.Mkdir(path, 0o755) },
		"fifo":                   func(_ *testing.T, path string) error { return syscall.Mkfifo(path, 0o600) },
		"link out of the volume": func(_ *testing.T, path string) error { return os.Symlink("/etc/passwd", path) },
		"link to itself":         func(_ *testing.T, path string) error { return os.Symlink(StateFile, path) },
		"dangling link":          func(_ *testing.T, path string) error { return os.Symlink("nowhere", path) },
	}
	for name, plant := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := plant(t, filepath.Join(dir, StateFile)); err != nil {
				t.Fatal(err)
			}
			s, err := ReadState(dir)
			if s.Recorded() != "" || err == nil && name != "dangling link" {
				t.Errorf("want an error and no recorded state, got %+v, %v", s, err)
			}
			if !HasState(dir) {
				t.Error("the entry is not seen")
			}
		})
	}
	if s, err := ReadState(filepath.Join(t.TempDir(), "none")); s.Recorded() != "" || err != nil {
		t.Errorf("missing: %+v, %v", s, err)
	}
}

func TestARecordKeepsOtherKeysAndFollowsNoLink(t *testing.T) {
	clause.Proves(t, "STATE-02", "STATE-04", "STATE-08")
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, filepath.Join(dir, IntentFile)); err != nil {
		t.Fatal(err)
	}
	write(t, dir, StateFile, `{"pid": 7, "x": {"deep": [1, "<&>"]}, "desired_state": "running"}`)
	now := time.Unix(1767225600, 5)
	if err := Record(dir, Down, now); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("the link was followed")
	}
	b, err := os.ReadFile(filepath.Join(dir, StateFile))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"desired_state":"stopped","pid":7,"updated_at":1767225600,"x":{"deep":[1,"<&>"]}}` + "\n"
	if string(b) != want {
		t.Errorf("got  %swant %s", b, want)
	}
	intent, err := ReadIntent(dir)
	if err != nil || intent.Want != Down || !intent.At.Equal(time.Unix(1767225600, 0)) {
		t.Errorf("intent %+v, %v", intent, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("temporaries are left: %v, %v", entries, err)
	}
}

func TestARecordMakesNoDirectory(t *testing.T) {
	clause.Proves(t, "STATE-04")
	dir := filepath.Join(t.TempDir(), "profiles", "ghost")
	if err := Record(dir, Up, time.Now()); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory was made")
	}
}

func TestARecordReplacesACorruptFile(t *testing.T) {
	clause.Proves(t, "STATE-04")
	dir := t.TempDir()
	write(t, dir, StateFile, `{"cut`)
	if err := Record(dir, Up, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadState(dir); err != nil || s.Recorded() != Running || !s.ByVerb {
		t.Errorf("want running, recorded by a verb, got %+v, %v", s, err)
	}
}

func TestAPlannedStopNamesTheGatewaysProcess(t *testing.T) {
	clause.Proves(t, "STATE-05")
	dir := t.TempDir()
	if err := MarkPlannedStop(dir, os.Getpid(), time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, MarkerFile))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Target  int    `json:"target_pid"`
		Started int64  `json:"target_start_time"`
		Stopper int    `json:"stopper_pid"`
		Written string `json:"written_at"`
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Target != os.Getpid() || got.Stopper != os.Getpid() || got.Started <= 0 || got.Written != "2026-01-02T03:04:05.000006+00:00" {
		t.Errorf("want this process as target and stopper, with its times, got %+v", got)
	}
	if err := MarkPlannedStop(dir, 1<<30, time.Now()); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, MarkerFile)); !strings.Contains(string(b), `"target_start_time":null`) {
		t.Errorf("a process that is gone: %s", b)
	}
}

func TestWhichRequestABootGoesBy(t *testing.T) {
	clause.Proves(t, "STATE-08")
	at := time.Unix(1_000_000, 0)
	booted := at.Add(-time.Hour)
	ticks := func(after time.Duration) int64 { return int64((time.Hour + after) / (10 * time.Millisecond)) }
	up, down := Intent{Up, at}, Intent{Down, at}
	cases := map[string]struct {
		state  State
		intent Intent
		want   string
	}{
		"nothing is known":         {State{}, Intent{}, ""},
		"only the agent's word":    {State{Gateway: "running"}, Intent{}, "running"},
		"intent without a state":   {State{}, up, "running"},
		"intent beats the agent":   {State{Gateway: "running"}, down, "stopped"},
		"intent and desired agree": {State{Desired: "stopped", Updated: at, ByVerb: true}, down, "stopped"},
		"a verb changed it later":  {State{Desired: "running", Updated: at.Add(time.Second), ByVerb: true}, down, "running"},
		"a verb stopped it later":  {State{Desired: "stopped", Updated: at.Add(time.Hour), ByVerb: true}, up, "stopped"},
		"a verb had changed it":    {State{Desired: "running", Updated: at.Add(-time.Hour), ByVerb: true}, down, "stopped"},
		"the stopping gateway wrote its old value back": {
			State{Desired: "running", Updated: at.Add(3 * time.Second), Started: ticks(-time.Minute)}, down, "stopped",
		},
		"it drains for minutes and writes its old value": {
			State{Desired: "running", Updated: at.Add(5 * time.Minute), Started: ticks(-time.Minute)}, down, "stopped",
		},
		"a gateway that was started later wrote it": {
			State{Desired: "running", Updated: at.Add(8 * time.Second), Started: ticks(4 * time.Second)}, down, "running",
		},
		"long after, on a host that booted since": {
			State{Desired: "running", Updated: at.Add(-2 * time.Hour).Add(26 * time.Hour)}, down, "running",
		},
		"old value, unknown start": {State{Desired: "running", Updated: at.Add(3 * time.Second)}, down, "stopped"},
		"stopped by a verb, then written by the gateway": {
			State{Desired: "stopped", Updated: at.Add(time.Hour), Started: ticks(0)}, up, "stopped",
		},
		"stopped by a verb seconds after the start": {
			State{Desired: "stopped", Updated: at.Add(5 * time.Second), Started: ticks(time.Second)}, up, "stopped",
		},
		"started while the old one still stops": {
			State{Desired: "stopped", Updated: at.Add(2 * time.Second), Started: ticks(-time.Minute)}, up, "running",
		},
		"a desired state of foreign words, changed later": {
			State{Desired: "paused", Updated: at.Add(time.Hour), ByVerb: true}, up, "paused",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Prior(c.state, c.intent, booted); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzReadState(f *testing.F) {
	clause.Proves(f, "REC-06", "STATE-02")
	f.Add([]byte(`{"gateway_state":"running","updated_at":"2026-01-01T00:00:00+00:00","platforms":{"x":{"state":"fatal"}}}`))
	f.Add([]byte(`{"updated_at":1e300,"start_time":-1,"platforms":[]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		write(t, dir, StateFile, string(content))
		write(t, dir, IntentFile, string(content))
		s, _ := ReadState(dir)
		i, _ := ReadIntent(dir)
		_ = Prior(s, i, time.Unix(0, 0))
	})
}
