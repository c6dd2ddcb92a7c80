package settings

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"caduceus/internal/pid1/log"

	"caduceus/internal/contenv"
)

// Settings are the variables of SUP-77 as values.
type Settings struct {
	KeepEnv       bool
	Verbosity     log.Level
	IfStage2Fails int // 0: go on; 1: go on with a warning; 2 and more: stop
	Hook          []string
	WaitServices  bool
	WaitMax       time.Duration // 0: no limit
	ServicesGrace time.Duration
	KillGrace     time.Duration
	FinishMax     time.Duration // 0: no limit
	CmdArg0       []string
	CmdSignals    bool   // CMD receives the signals of the container
	Profile       string // a directory of /etc/cont-profile.d; "": /etc
	BundleDir     string
	FixHidden     bool
	SyncDisks     bool
	ClosingFD     int // 0: none
	WorldWritable bool
}

// maxKillGrace bounds S6_KILL_GRACETIME.
const maxKillGrace = 300 * time.Second

// WorldWritableRun is the variable with which a user accepts a /run that others can write to.
const WorldWritableRun = "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES"

// Read takes the settings from an environment. A value that cannot be used is named in a warning and
// replaced by the default.
func Read(look func(string) (string, bool)) (Settings, []string) {
	r := reader{look: look}
	s := Settings{
		KeepEnv:       r.number("S6_KEEP_ENV", 0) > 0,
		Verbosity:     log.Level(r.number("S6_VERBOSITY", 2)),
		IfStage2Fails: r.number("S6_BEHAVIOUR_IF_STAGE2_FAILS", 0),
		Hook:          r.words("S6_STAGE2_HOOK"),
		WaitServices:  r.number("S6_CMD_WAIT_FOR_SERVICES", 0) > 0,
		WaitMax:       r.millis("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", 0),
		ServicesGrace: r.millis("S6_SERVICES_GRACETIME", 3000),
		KillGrace:     r.millis("S6_KILL_GRACETIME", 3000),
		FinishMax:     r.millis("S6_KILL_FINISH_MAXTIME", 5000),
		CmdArg0:       r.words("S6_CMD_ARG0"),
		CmdSignals:    r.number("S6_CMD_RECEIVE_SIGNALS", 0) > 0,
		Profile:       r.name("S6_RUNTIME_PROFILE"),
		BundleDir:     r.absolute("S6_RUNTIME_BUNDLEDIR"),
		FixHidden:     r.number("S6_FIX_ATTRS_HIDDEN", 0) > 0,
		SyncDisks:     r.number("S6_SYNC_DISKS", 0) > 0,
		ClosingFD:     r.number("S6_WAIT_FOR_CLOSING_FD", 0),
		WorldWritable: r.number(WorldWritableRun, 0) > 0,
	}
	if s.KillGrace > maxKillGrace {
		r.warn("S6_KILL_GRACETIME", "more than %d", maxKillGrace.Milliseconds())
		s.KillGrace = maxKillGrace
	}
	if s.ClosingFD != 0 && s.ClosingFD < 3 {
		r.warn("S6_WAIT_FOR_CLOSING_FD", "less than 3")
		s.ClosingFD = 0
	}
	return s, r.warnings
}

// latch keeps of a later reading what counts as it was at the start.
func (s Settings) latch(later Settings) Settings {
	later.KeepEnv = s.KeepEnv
	later.KillGrace = s.KillGrace
	later.CmdSignals = s.CmdSignals
	later.SyncDisks = s.SyncDisks
	later.ClosingFD = s.ClosingFD
	later.WorldWritable = s.WorldWritable
	return later
}

type reader struct {
	look     func(string) (string, bool)
	warnings []string
}

func (r *reader) warn(name, format string, a ...any) {
	r.warnings = append(r.warnings, name+" is "+fmt.Sprintf(format, a...))
}

func (r *reader) word(name string) string {
	v, _ := r.look(name)
	return v
}

// name reads the name of a directory entry: a path would lead out of the directory that is meant.
func (r *reader) name(name string) string {
	v := r.word(name)
	if strings.Contains(v, "/") || v == "." || v == ".." {
		r.warn(name, "%s, not a name: it is ignored", contenv.Shown(v))
		return ""
	}
	return v
}

func (r *reader) absolute(name string) string {
	v := r.word(name)
	if v != "" && !filepath.IsAbs(v) {
		r.warn(name, "%s, not an absolute path: it is ignored", contenv.Shown(v))
		return ""
	}
	return v
}

// words splits at blanks as s6-overlay does: without a shell, without quotes.
func (r *reader) words(name string) []string { return strings.Fields(r.word(name)) }

// number reads an unsigned decimal; an unset or empty variable is the default.
func (r *reader) number(name string, def int) int {
	v := r.word(name)
	if v == "" {
		return def
	}
	n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 31)
	if err != nil {
		r.warn(name, "%s, not a number: %d is used", contenv.Shown(v), def)
		return def
	}
	return int(n)
}

func (r *reader) millis(name string, def int) time.Duration {
	return time.Duration(r.number(name, def)) * time.Millisecond
}

// Ignored names each S6_ variable that changes nothing here although it is set to something.
//
// spec: SUP-69
func Ignored(environ []string) []string {
	var out []string
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "S6_") || slices.Contains(honoured(), name) || name == "S6_PROFILE_GATEWAY_SCANDIR" {
			continue // the last is the boot scripts' and the front's
		}
		if value != "" && value != ignoredDefault(name) {
			out = append(out, fmt.Sprintf("%s=%s has no effect", name, contenv.Shown(value)))
		}
	}
	slices.Sort(out)
	return out
}

// ignoredDefault is the value of an ignored variable that asks for nothing.
func ignoredDefault(name string) string {
	switch name {
	case "S6_LOGGING", "S6_CMD_USE_TERMINAL", "S6_READ_ONLY_ROOT":
		return "0"
	case "S6_CATCHALL_USER":
		return "root"
	case "S6_LOGGING_SCRIPT":
		return "n20 s1000000 T"
	}
	return ""
}

func honoured() []string {
	return []string{
		"S6_KEEP_ENV", "S6_VERBOSITY", "S6_BEHAVIOUR_IF_STAGE2_FAILS", "S6_STAGE2_HOOK",
		"S6_CMD_WAIT_FOR_SERVICES", "S6_CMD_WAIT_FOR_SERVICES_MAXTIME", "S6_SERVICES_GRACETIME",
		"S6_KILL_GRACETIME", "S6_KILL_FINISH_MAXTIME", "S6_CMD_ARG0", "S6_CMD_RECEIVE_SIGNALS",
		"S6_RUNTIME_PROFILE", "S6_RUNTIME_BUNDLEDIR", "S6_FIX_ATTRS_HIDDEN", "S6_SYNC_DISKS",
		"S6_WAIT_FOR_CLOSING_FD", WorldWritableRun,
	}
}
