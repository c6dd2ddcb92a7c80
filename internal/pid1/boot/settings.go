package boot

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"caduceus/internal/contenv"
)

// settings are the variables of SUP-77 as values.
type settings struct {
	keepEnv       bool
	verbosity     int
	ifStage2Fails int
	hook          []string
	waitServices  bool
	waitMax       time.Duration // 0: no limit
	servicesGrace time.Duration
	killGrace     time.Duration
	finishMax     time.Duration // 0: no limit
	cmdArg0       []string
	cmdSignals    bool // CMD receives the signals of the container
	profile       string
	bundleDir     string
	fixHidden     bool
	syncDisks     bool
	closingFd     int // 0: none
	worldWritable bool
}

// maxKillGrace bounds S6_KILL_GRACETIME.
const maxKillGrace = 300 * time.Second

const worldWritableRun = "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES"

// readSettings takes the settings from an environment. What it cannot use it names in a warning
// and replaces by the default.
//
// spec: SUP-77
func readSettings(look func(string) (string, bool)) (settings, []string) {
	r := reader{look: look}
	s := settings{
		keepEnv:       r.number("S6_KEEP_ENV", 0) > 0,
		verbosity:     r.number("S6_VERBOSITY", 2),
		ifStage2Fails: r.number("S6_BEHAVIOUR_IF_STAGE2_FAILS", 0),
		hook:          r.words("S6_STAGE2_HOOK"),
		waitServices:  r.number("S6_CMD_WAIT_FOR_SERVICES", 0) > 0,
		waitMax:       r.millis("S6_CMD_WAIT_FOR_SERVICES_MAXTIME", 0),
		servicesGrace: r.millis("S6_SERVICES_GRACETIME", 3000),
		killGrace:     r.millis("S6_KILL_GRACETIME", 3000),
		finishMax:     r.millis("S6_KILL_FINISH_MAXTIME", 5000),
		cmdArg0:       r.words("S6_CMD_ARG0"),
		cmdSignals:    r.number("S6_CMD_RECEIVE_SIGNALS", 0) > 0,
		profile:       r.name("S6_RUNTIME_PROFILE"),
		bundleDir:     r.absolute("S6_RUNTIME_BUNDLEDIR"),
		fixHidden:     r.number("S6_FIX_ATTRS_HIDDEN", 0) > 0,
		syncDisks:     r.number("S6_SYNC_DISKS", 0) > 0,
		closingFd:     r.number("S6_WAIT_FOR_CLOSING_FD", 0),
		worldWritable: r.number(worldWritableRun, 0) > 0,
	}
	if s.killGrace > maxKillGrace {
		r.warn("S6_KILL_GRACETIME", "more than %d", maxKillGrace.Milliseconds())
		s.killGrace = maxKillGrace
	}
	if s.closingFd != 0 && s.closingFd < 3 {
		r.warn("S6_WAIT_FOR_CLOSING_FD", "less than 3")
		s.closingFd = 0
	}
	return s, r.warnings
}

// latch keeps of a later reading what counts as it was in takeOver.
//
// spec: SUP-77
func (s settings) latch(later settings) settings {
	later.keepEnv = s.keepEnv
	later.killGrace = s.killGrace
	later.cmdSignals = s.cmdSignals
	later.syncDisks = s.syncDisks
	later.closingFd = s.closingFd
	later.worldWritable = s.worldWritable
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

// words splits at blanks as the variable's readers always did: without a shell, without quotes.
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

// notices names each S6_ variable that changes nothing here although it is set to something.
//
// spec: SUP-69
func notices(environ []string) []string {
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
		"S6_WAIT_FOR_CLOSING_FD", worldWritableRun,
	}
}
