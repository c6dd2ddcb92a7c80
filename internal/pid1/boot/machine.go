package boot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"caduceus/internal/pid1/log"

	"caduceus/internal/contenv"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/scan"
)

// machine is what one boot knows. Fields are set by the steps in their order and read afterwards;
// what several goroutines change has its own lock.
type machine struct {
	version  string
	stranger func(uid int) error
	args     []string
	environ  []string // as given, with the completed PATH
	log      *log.Log
	start    settings // as in takeOver
	cwd      string   // of /init at its start
	tty      terminal
	null     *os.File
	signals  <-chan struct{} // closed when those with a meaning are taken
	procs    *proc.Table
	jobs     *jobs
	scandir  atomic.Pointer[scan.Scandir] // set by openScandir
	plan     rc.Plan
	legacy   []string // names from services.d
	based    chan struct{}
	user     chan error                 // outcome of bundle user
	cmd      atomic.Pointer[proc.Child] // set by startCmd
	hangup   hangups
	others   atomic.Bool // programs run, or did

	ctx    context.Context // ends when the container is to stop; the cause says why
	cancel context.CancelCauseFunc
	abort  context.Context // ends when even the ladder is to be skipped
	skip   context.CancelFunc

	mu       sync.Mutex
	told     map[string]bool // warnings that were given
	timings  []timing
	failures map[string]error // of services that did not start
	oneshots []string         // those that came up, in that order
	code     int              // of the container, as far as known
}

type timing struct {
	step string
	took time.Duration
}

func newMachine(o Options) *machine {
	m := &machine{
		version:  o.Version,
		stranger: o.Stranger,
		args:     command(o.Args),
		environ:  withPath(o.Environ),
		jobs:     newJobs(),
		based:    make(chan struct{}),
		user:     make(chan error, 1),
		told:     map[string]bool{},
		failures: map[string]error{},
	}
	m.abort, m.skip = context.WithCancel(context.Background())
	m.ctx, m.cancel = context.WithCancelCause(m.abort)
	var warnings []string
	m.start, warnings = readSettings(m.look)
	m.log = log.New(log.Stderr{}, log.Level(m.start.verbosity))
	for _, w := range append(warnings, notices(o.Environ)...) {
		m.warnOnce("%s", w)
	}
	return m
}

func (m *machine) look(name string) (string, bool) { return contenv.Lookup(m.environ, name) }

// run and etc give paths below /run and /etc.
func run(path string) string { return filepath.Join("/run", path) }
func etc(path string) string { return filepath.Join("/etc", path) }

// settings gives the settings as they are now: programs may have changed their files. Before the
// first one runs, they say what /init wrote there.
//
// spec: SUP-77
func (m *machine) settings() settings {
	if m.start.keepEnv || !m.others.Load() {
		return m.start
	}
	vars, err := contenv.Read(run("s6/container_environment"), "S6_")
	if err != nil {
		m.warnOnce("%v", err)
	}
	now, warnings := readSettings(func(name string) (string, bool) {
		i := slices.IndexFunc(vars, func(v contenv.Var) bool { return v.Name == name })
		if i < 0 || vars[i].Unset {
			return "", false
		}
		return vars[i].Value, true
	})
	for _, w := range warnings {
		m.warnOnce("%s", w)
	}
	now = m.start.latch(now)
	m.log.SetLevel(log.Level(now.verbosity))
	return now
}

// childEnv is the environment of scripts, services and CMD.
//
// spec: SUP-25, SUP-62
func (m *machine) childEnv() []string {
	if m.start.keepEnv {
		return m.environ
	}
	return contenv.PathOnly(m.environ)
}

// stopping says whether the container is to stop.
func (m *machine) stopping() bool { return m.ctx.Err() != nil }

// halt asks for the stop. The first reason counts, further ones change nothing.
//
// spec: SUP-82
func (m *machine) halt(why error) { m.cancel(why) }

// idle waits until there is a reason to stop. The end of CMD is one.
func (m *machine) idle() {
	var ended <-chan struct{} // never, without CMD
	if cmd := m.cmd.Load(); cmd != nil {
		ended = cmd.Done()
	}
	select {
	case <-ended:
	case <-m.ctx.Done():
	}
}

// limit gives the context of the steps from base to user2.
func (m *machine) limit() (context.Context, context.CancelFunc) {
	if limit := m.settings().waitMax; limit > 0 {
		return context.WithTimeout(m.ctx, limit)
	}
	return context.WithCancel(m.ctx)
}

// stage2Error is a failure with an exit code of its own.
type stage2Error struct {
	code int
	error
}

func (e stage2Error) Unwrap() error { return e.error }

// stage2Code is the exit code that a failure of the stage has, should it stop the boot.
func stage2Code(err error) int {
	var own stage2Error
	switch {
	case errors.As(err, &own):
		return own.code
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	}
	return exitStage2
}

// judge deals with the failure of a step: it goes on, warns, or stops the boot.
//
// contract: BOOT-04
func (m *machine) judge(step string, err error) {
	behaviour := m.settings().ifStage2Fails
	switch {
	case behaviour >= 2:
		m.writeExitCode(stage2Code(err))
		m.halt(fmt.Errorf("step %q of the boot failed: %w", step, err))
	case behaviour == 1:
		m.warnf("step %q of the boot failed: %v", step, err)
	default:
		m.stepf("step %q of the boot failed, going on: %v", step, err)
	}
}

func (m *machine) took(step string, d time.Duration) {
	m.timings = append(m.timings, timing{step, d})
}

func (m *machine) exitFile() string { return run("s6-linux-init-container-results/exitcode") }

// writeExitCode keeps code and shows it to the scripts, which may overwrite it.
func (m *machine) writeExitCode(code int) {
	m.code = code
	if err := os.WriteFile(m.exitFile(), fmt.Appendf(nil, "%d\n", code), 0o644); err != nil {
		m.warnf("cannot write exit code: %v", err)
	}
}

func (m *machine) fatalf(format string, a ...any) {
	m.log.Logger("init").Errorf(format, a...)
}

func (m *machine) warnf(format string, a ...any) {
	m.log.Logger("init").Warnf(format, a...)
}

func (m *machine) stepf(format string, a ...any) {
	m.log.Logger("init").Infof(format, a...)
}

// warnOnce keeps a warning about something read again and again from coming again and again.
func (m *machine) warnOnce(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	m.mu.Lock()
	known := m.told[text]
	m.told[text] = true
	m.mu.Unlock()
	if !known {
		m.warnf("%s", text)
	}
}

// missingCapability adds to an error what would have allowed the call.
func missingCapability(err error, capability string) string {
	if errors.Is(err, syscall.EPERM) {
		return fmt.Sprintf("%v (needs capability %s)", err, capability)
	}
	return err.Error()
}
