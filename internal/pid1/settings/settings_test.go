package settings

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

func environOf(vars map[string]string) (environ env.Environ) {
	for name, value := range vars {
		environ = append(environ, name+"="+value)
	}
	return environ
}

func defaults() Settings {
	return Settings{
		Verbosity:     2,
		ServicesGrace: 3 * time.Second,
		KillGrace:     3 * time.Second,
		FinishMax:     5 * time.Second,
	}
}

func TestSettingsAreReadFromVariables(t *testing.T) {
	clause.Proves(t, "BOOT-18", "BOOT-19", "SUP-77")
	t.Parallel()
	for name, c := range map[string]struct {
		vars     map[string]string
		change   func(*Settings)
		warnings string
	}{
		"defaults": {},
		"empty values are defaults": {
			vars: map[string]string{"S6_VERBOSITY": "", "S6_KILL_GRACETIME": ""},
		},
		"every number": {
			vars: map[string]string{
				"S6_KEEP_ENV": "1", "S6_VERBOSITY": "5", "S6_BEHAVIOUR_IF_STAGE2_FAILS": "2",
				"S6_CMD_WAIT_FOR_SERVICES": "1", "S6_CMD_WAIT_FOR_SERVICES_MAXTIME": "1500",
				"S6_SERVICES_GRACETIME": "10", "S6_KILL_GRACETIME": "0", "S6_KILL_FINISH_MAXTIME": "0",
				"S6_CMD_RECEIVE_SIGNALS": "1", "S6_FIX_ATTRS_HIDDEN": "1", "S6_SYNC_DISKS": "1",
				"S6_WAIT_FOR_CLOSING_FD": "3", env.WorldWritableRun.String(): "1",
			},
			change: func(s *Settings) {
				*s = Settings{
					KeepEnv: true, Verbosity: 5, IfStage2Fails: 2, WaitServices: true,
					WaitMax: 1500 * time.Millisecond, ServicesGrace: 10 * time.Millisecond,
					CmdSignals: true, FixHidden: true, SyncDisks: true, ClosingFD: 3, WorldWritable: true,
				}
			},
		},
		"words are split at blanks, quotes are ordinary": {
			vars:   map[string]string{"S6_STAGE2_HOOK": " a  'b c' ", "S6_CMD_ARG0": "x\ty"},
			change: func(s *Settings) { s.Hook, s.CmdArg0 = []string{"a", "'b", "c'"}, []string{"x", "y"} },
		},
		"not a number": {
			vars:     map[string]string{"S6_KILL_GRACETIME": "3s", "S6_VERBOSITY": "-1"},
			warnings: "S6_VERBOSITY is \"-1\", not a number: 2 is used; S6_KILL_GRACETIME is \"3s\", not a number: 3000 is used",
		},
		"a path where a name is wanted, and the other way round": {
			vars: map[string]string{"S6_RUNTIME_PROFILE": "../../tmp", "S6_RUNTIME_BUNDLEDIR": "bundles"},
			warnings: `S6_RUNTIME_PROFILE is "../../tmp", not a name: it is ignored; ` +
				`S6_RUNTIME_BUNDLEDIR is "bundles", not an absolute path: it is ignored`,
		},
		"kill grace has a maximum": {
			vars:     map[string]string{"S6_KILL_GRACETIME": "300001"},
			change:   func(s *Settings) { s.KillGrace = 300 * time.Second },
			warnings: "S6_KILL_GRACETIME is more than 300000",
		},
		"more than any number": {
			vars:     map[string]string{"S6_SERVICES_GRACETIME": "99999999999999999999"},
			warnings: `S6_SERVICES_GRACETIME is "99999999999999999999", not a number: 3000 is used`,
		},
		"closing fd spares the standard ones": {
			vars:     map[string]string{"S6_WAIT_FOR_CLOSING_FD": "2"},
			warnings: "S6_WAIT_FOR_CLOSING_FD is less than 3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := defaults()
			if c.change != nil {
				c.change(&want)
			}
			got, warnings := Read(environOf(c.vars))
			if diff := cmp.Diff(want, got, ignoreEmpty()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.warnings, strings.Join(warnings, "; ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// ignoreEmpty takes an empty word list and none for the same.
func ignoreEmpty() cmp.Option {
	return cmp.Transformer("words", func(w []string) string { return strings.Join(w, "\x00") })
}

func TestSomeSettingsAreFixedAtTheStart(t *testing.T) {
	clause.Proves(t, "SUP-77")
	t.Parallel()
	later, _ := Read(environOf(map[string]string{
		"S6_KEEP_ENV": "1", "S6_KILL_GRACETIME": "1", "S6_CMD_RECEIVE_SIGNALS": "1", "S6_SYNC_DISKS": "1",
		"S6_WAIT_FOR_CLOSING_FD": "5", env.WorldWritableRun.String(): "1", "S6_SERVICES_GRACETIME": "7",
	}))
	want := defaults()
	want.ServicesGrace = 7 * time.Millisecond
	if diff := cmp.Diff(want, defaults().latch(later), ignoreEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestIgnoredVariablesAreNamedOnce(t *testing.T) {
	clause.Proves(t, "SUP-69")
	t.Parallel()
	got := Ignored([]string{
		"HOME=/", "S6_VERBOSITY=9", "S6_LOGGING=0", "S6_CATCHALL_USER=root", "S6_LOGGING=2", "S6_FUTURE=x",
		"S6_READ_ONLY_ROOT=1", "S6_PROFILE_GATEWAY_SCANDIR=/run/x", "S6_SERVICES_READYTIME=", "S6_CMD_USE_TERMINAL=1", "S6_LOGGING_SCRIPT=n3",
	})
	want := []string{
		`S6_CMD_USE_TERMINAL="1" has no effect`, `S6_FUTURE="x" has no effect`, `S6_LOGGING="2" has no effect`,
		`S6_LOGGING_SCRIPT="n3" has no effect`, `S6_READ_ONLY_ROOT="1" has no effect`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
