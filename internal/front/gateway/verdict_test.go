package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/front/profile"
	"caduceus/internal/s6"
)

// The same gateway has the same reason at each look, and all that is wrong with it is in it.
func TestAGatewayIsAsHealthyAsItsPlatforms(t *testing.T) {
	clause.Proves(t, "HEALTH-02")
	for name, c := range map[string]struct {
		platforms map[string]string
		ok        bool
		want      string
	}{
		"all well":     {map[string]string{"telegram": "connected"}, true, "running"},
		"one fatal":    {map[string]string{"telegram": "fatal", "slack": "connected"}, false, "has a fatal platform: telegram"},
		"two fatal":    {map[string]string{"telegram": "fatal", "discord": "fatal", "slack": "retrying"}, false, "has fatal platforms: discord, telegram"},
		"two retrying": {map[string]string{"telegram": "retrying", "discord": "retrying"}, true, "running, retrying discord, retrying telegram"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // the order of a map differs from look to look
				ok, reason := Report{State: "up", Agent: "running", Platforms: c.platforms}.Verdict()
				if ok != c.ok || reason != c.want {
					t.Fatalf("want %t %q, got %t %q", c.ok, c.want, ok, reason)
				}
			}
		})
	}
}

// What somebody asked for and nobody will bring back is no "nothing is wanted up".
func TestAGatewayThatIsDownForGood(t *testing.T) {
	clause.Proves(t, "HEALTH-05", "GW-21")
	died := func(code int, cause s6.Cause) s6.End {
		return s6.End{Death: s6.DeathOf(time.Now().Add(-time.Hour), syscall.WaitStatus(code<<8)), Cause: cause}
	}
	killed := s6.End{Death: s6.DeathOf(time.Now(), syscall.WaitStatus(syscall.SIGKILL)), Cause: s6.OutOfMemory}
	const wantedUp, wantedDown = `{"want":"up","at":1700000000}`, `{"want":"down","at":1700000000}`
	for name, c := range map[string]struct {
		status      s6.Status
		intent      string
		ends        []s6.End
		failure     s6.StartFailure
		asked       bool
		reason, fix string // of a gateway that was asked for
	}{
		"a fatal configuration": {
			s6.Status{Wait: 78 << 8},
			wantedUp,
			[]s6.End{died(78, s6.Unasked)},
			s6.StartFailure{},
			true,
			"is down for good: exit code 78: its configuration cannot work", "fix it in default's .env or config.yaml",
		},
		"it ended by itself": {
			s6.Status{},
			wantedUp,
			[]s6.End{died(0, s6.Unasked)},
			s6.StartFailure{},
			true,
			"is down for good: exit code 0: it ended by itself", "hermes gateway start; if it is to stay down, hermes gateway stop",
		},
		"stopped, and recorded so":     {s6.Status{Wait: 15}, wantedDown, nil, s6.StartFailure{}, false, "", ""},
		"never started here":           {s6.Status{NotStarted: true}, wantedUp, nil, s6.StartFailure{}, false, "", ""},
		"nothing is recorded":          {s6.Status{Wait: 78 << 8}, "", nil, s6.StartFailure{}, false, "", ""},
		"stopped past the record":      {s6.Status{Wait: 15}, wantedUp, nil, s6.StartFailure{}, true, "is down for good: signal SIGTERM", "hermes gateway start"},
		"between two lives":            {s6.Status{WantUp: true, Wait: 9}, wantedUp, []s6.End{killed}, s6.StartFailure{}, true, "is down: signal SIGKILL: the kernel killed it for want of memory (OOM)", "more memory"},
		"no room for another process":  {s6.Status{WantUp: true, Wait: 9}, wantedUp, nil, s6.StartFailure{Tries: 3, Cause: "cannot start run: no \x1b[room"}, true, `does not start: "cannot start run: no \x1b[room"; try 3, next in 0s`, "starts by itself"},
		"a start failure of long ago":  {s6.Status{Wait: 15}, wantedDown, nil, s6.StartFailure{Tries: 3, Cause: "x"}, false, "", ""},
		"up, as it was asked to be":    {s6.Status{WantUp: true, Pid: 77, Stamp: time.Now()}, wantedUp, []s6.End{killed}, s6.StartFailure{}, true, "starts", ""},
		"stopped in an older volume":   {s6.Status{Wait: 15}, "", nil, s6.StartFailure{}, false, "", ""},
		"ends that cannot be believed": {s6.Status{Wait: 78 << 8}, wantedUp, []s6.End{{Cause: "\x1b[2J"}}, s6.StartFailure{}, true, "is down for good: exit code 78: its configuration cannot work", "config.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			d, home := slotWith(t, map[string][]byte{
				s6.StatusFile: c.status.Encode(), s6.EndsFile: s6.EncodeEnds(c.ends), s6.UnstartedFile: c.failure.Encode(),
			})
			if c.failure.Tries == 0 {
				_ = os.Remove(filepath.Join(d.Dir("default"), s6.SuperviseDir, s6.UnstartedFile))
			}
			if c.intent != "" {
				put(t, filepath.Join(string(home), profile.IntentFile), []byte(c.intent))
			}
			r, err := Inspect(d, home, "default", time.Now())
			if err != nil || r.AskedFor() != c.asked {
				t.Fatalf("asked for %t, want %t: %+v, %v", r.AskedFor(), c.asked, r, err)
			}
			if healthy, reason := r.Verdict(); c.asked && (reason != c.reason || healthy != (c.reason == "starts")) {
				t.Errorf("got %t %q, want %q", healthy, reason, c.reason)
			}
			if !strings.Contains(r.Fix(), c.fix) {
				t.Errorf("fix %q, want %q", r.Fix(), c.fix)
			}
		})
	}
}

// slotWith is a scandir with a supervised slot of the default profile, and its home.
func slotWith(t *testing.T, files map[string][]byte) (Scandir, profile.Home) {
	t.Helper()
	d, home := Scandir{Path: t.TempDir()}, profile.Home(t.TempDir())
	if err := os.MkdirAll(filepath.Join(d.Dir("default"), s6.SuperviseDir), 0o755); err != nil {
		t.Fatal(err)
	}
	supervise(t, d.Dir("default"))
	for name, content := range files {
		put(t, filepath.Join(d.Dir("default"), s6.SuperviseDir, name), content)
	}
	return d, home
}

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// How the last runs ended is also shown while the gateway is up.
func TestTheLastEndsAreShown(t *testing.T) {
	clause.Proves(t, "GW-21")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var ends []s6.End
	for i := range 5 {
		ends = append(ends, s6.End{Death: s6.DeathOf(at.Add(time.Duration(i)*time.Minute), syscall.WaitStatus(i<<8)), Cause: s6.Unasked})
	}
	ends[4].Cause = s6.Asked
	d, home := slotWith(t, map[string][]byte{
		s6.StatusFile: s6.Status{WantUp: true, Pid: 77, Stamp: at}.Encode(), s6.EndsFile: s6.EncodeEnds(ends),
	})
	r, err := Inspect(d, home, "default", at.Add(time.Hour))
	if err != nil || r.LastExit != "exit code 4" || len(r.LastEnds) != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
	text := r.Text()
	for _, line := range []string{
		"  Last exit:   exit code 4\n", "  Ended:       2026-01-02T03:08:05Z exit code 4: somebody asked for it\n", "  Ended:       2026-01-02T03:06:05Z exit code 2\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("want %q in:\n%s", line, text)
		}
	}
	if strings.Contains(text, "03:05:05Z") {
		t.Errorf("more than three ends:\n%s", text)
	}
	if got := len(r.Recent(at.Add(time.Hour))); got != 4 {
		t.Errorf("%d recent ends, want 4", got)
	}
	if got := len(r.Recent(at.Add(25 * time.Hour))); got != 0 {
		t.Errorf("%d recent ends a day later", got)
	}
}

// The state file may be about an earlier life, and its words may be anything.
func TestWhatAnEarlierGatewayHasWrittenSaysNothing(t *testing.T) {
	clause.Proves(t, "HEALTH-02", "HEALTH-06")
	now := time.Now().Truncate(time.Second)
	old, fresh := now.Add(-time.Hour).Format(time.RFC3339), now.Add(-time.Minute).Format(time.RFC3339)
	for name, c := range map[string]struct {
		state  string
		ok     bool
		reason string
	}{
		"of another process":             {`{"pid":76,"gateway_state":"running"}`, false, `is up for 120 seconds, but the agent says ""`},
		"of a verb alone":                {`{"gateway_state":"running","updated_at":1700000000}`, false, `is up for 120 seconds, but the agent says ""`},
		"of a boot alone":                {`{"gateway_state":"running","desired_state":"running","timestamp":1700000000}`, false, `is up for 120 seconds, but the agent says ""`},
		"of this one":                    {`{"pid":77,"gateway_state":"running"}`, true, "running"},
		"a platform of an earlier life":  {`{"pid":77,"gateway_state":"running","platforms":{"slack":{"state":"fatal","updated_at":"` + old + `"}}}`, true, "running"},
		"a platform of now":              {`{"pid":77,"gateway_state":"running","platforms":{"slack":{"state":"fatal","error_code":"bad_token","updated_at":"` + fresh + `"}}}`, false, "has a fatal platform: slack (bad_token)"},
		"a code that may hold a secret":  {`{"pid":77,"gateway_state":"running","platforms":{"slack":{"state":"fatal","error_code":"https://x/botSECRET"}}}`, false, "has a fatal platform: slack"},
		"a code that is no text":         {`{"pid":77,"gateway_state":"running","platforms":{"slack":{"state":"fatal","error_code":4}}}`, false, "has a fatal platform: slack"},
		"an API server that is not open": {`{"pid":77,"gateway_state":"running","platforms":{"api_server":{"state":"retrying"}}}`, false, "has no API server: it could not open its port"},
		"a port that somebody has":       {`{"pid":77,"gateway_state":"running","platforms":{"api_server":{"state":"fatal","error_code":"api_server_port_in_use"}}}`, false, "has a fatal platform: api_server (api_server_port_in_use)"},
		"a platform that is far away":    {`{"pid":77,"gateway_state":"running","platforms":{"slack":{"state":"retrying"}}}`, true, "running, retrying slack"},
	} {
		t.Run(name, func(t *testing.T) {
			d, home := slotWith(t, map[string][]byte{
				s6.StatusFile: s6.Status{WantUp: true, Pid: 77, Stamp: now.Add(-2 * time.Minute)}.Encode(),
			})
			put(t, filepath.Join(string(home), profile.StateFile), []byte(c.state))
			r, err := Inspect(d, home, "default", now)
			if err != nil {
				t.Fatal(err)
			}
			if ok, reason := r.Verdict(); ok != c.ok || reason != c.reason {
				t.Errorf("got %t %q, want %t %q", ok, reason, c.ok, c.reason)
			}
			if strings.Contains(r.Text(), "SECRET") {
				t.Errorf("text:\n%s", r.Text())
			}
		})
	}
}
