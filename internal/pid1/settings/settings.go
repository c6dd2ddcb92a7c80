package settings

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/pid1/log"
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

// Read takes the settings from an environment. A value that cannot be used is named in a warning and
// replaced by the default.
func Read(environ env.Environ) (Settings, []string) {
	r := reader{environ: environ}
	return r.settings(), r.warnings
}

func (r *reader) settings() Settings {
	s := Settings{
		KeepEnv:       r.number(env.KeepEnv) > 0,
		Verbosity:     log.Level(r.number(env.Verbosity)),
		IfStage2Fails: r.number(env.IfStage2Fails),
		Hook:          r.words(env.Stage2Hook),
		WaitServices:  r.number(env.WaitForServices) > 0,
		WaitMax:       r.millis(env.WaitMax),
		ServicesGrace: r.millis(env.ServicesGrace),
		KillGrace:     r.millis(env.KillGrace),
		FinishMax:     r.millis(env.FinishMax),
		CmdArg0:       r.words(env.CmdArg0),
		CmdSignals:    r.number(env.CmdSignals) > 0,
		Profile:       r.name(env.RuntimeProfile),
		BundleDir:     r.absolute(env.BundleDir),
		FixHidden:     r.number(env.FixHidden) > 0,
		SyncDisks:     r.number(env.SyncDisks) > 0,
		ClosingFD:     r.number(env.ClosingFD),
		WorldWritable: r.number(env.WorldWritableRun) > 0,
	}
	if s.KillGrace > maxKillGrace {
		r.warn(env.KillGrace, "more than %d", maxKillGrace.Milliseconds())
		s.KillGrace = maxKillGrace
	}
	if s.ClosingFD != 0 && s.ClosingFD < 3 {
		r.warn(env.ClosingFD, "less than 3")
		s.ClosingFD = 0
	}
	return s
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

// Quieted are the settings of a container whose terminal somebody works at: warnings are enough, unless environ sets the
// verbosity.
//
// contract: BOOT-22
func (s Settings) Quieted(environ env.Environ) Settings {
	if environ.Value(env.Verbosity) == "" {
		s.Verbosity = log.Warning
	}
	return s
}

type reader struct {
	environ  env.Environ
	honoured []string // the names of the variables that were read
	warnings []string
}

func (r *reader) warn(v env.Variable, format string, a ...any) {
	r.warnings = append(r.warnings, v.String()+" is "+fmt.Sprintf(format, a...))
}

func (r *reader) value(v env.Variable) string {
	r.honoured = append(r.honoured, v.String())
	return r.environ.Value(v)
}

// name reads the name of a directory entry: a path would lead out of the directory that is meant.
func (r *reader) name(v env.Text) string {
	value := r.value(v)
	if strings.Contains(value, "/") || value == "." || value == ".." {
		r.warn(v, "%s, not a name: it is ignored", env.Shown(value))
		return ""
	}
	return value
}

func (r *reader) absolute(v env.Path) string {
	value := r.value(v)
	if value != "" && !filepath.IsAbs(value) {
		r.warn(v, "%s, not an absolute path: it is ignored", env.Shown(value))
		return ""
	}
	return value
}

// words splits at blanks as s6-overlay does: without a shell, without quotes.
func (r *reader) words(v env.Text) []string { return strings.Fields(r.value(v)) }

func (r *reader) number(v env.Number) int {
	n, ok := v.Parse(r.value(v))
	if !ok {
		r.warn(v, "%s, not a number: %s is used", env.Shown(r.environ.Value(v)), v.Default())
	}
	return n
}

func (r *reader) millis(v env.Millis) time.Duration {
	return time.Duration(r.number(env.Number(v))) * time.Millisecond
}

// honoured lists the variables that settings are read from.
func honoured() []string {
	var r reader
	r.settings()
	return r.honoured
}

// Ignored names each S6_ variable that changes nothing here although it is set to something.
//
// spec: SUP-69
func Ignored(environ env.Environ) []string {
	ours := append(honoured(), env.Scandir.String()) // the last is the boot scripts' and the front's
	var out []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "S6_") && !slices.Contains(ours, name) && value != "" && value != ignoredDefault(name) {
			out = append(out, fmt.Sprintf("%s=%s has no effect", name, env.Shown(value)))
		}
	}
	slices.Sort(out)
	return out
}

// ignoredDefault is the value of an ignored variable that asks for nothing.
func ignoredDefault(name string) string {
	for _, v := range []interface {
		env.Variable
		Default() string
	}{env.Logging, env.LoggingScript, env.CatchallUser, env.CmdUseTerminal, env.ReadOnlyRoot} {
		if v.String() == name {
			return v.Default()
		}
	}
	return ""
}
