package boot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"caduceus/internal/cmdline"
	"caduceus/internal/env"
	"caduceus/internal/pid1/container"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/settings"
	"caduceus/internal/pid1/stop"
)

// Options of a boot. The zero value is /init in a container.
type Options struct {
	Args    []string // without argv[0]; leading flags of tini are dropped
	Environ env.Environ
	Version string
	// Refuse returns an error if nobody may start the container as this uid. It is called when the start fails for
	// another reason, as the wrong user may well be its cause. nil: everybody may.
	Refuse func(startUID int) error
}

// Run boots the container, waits for CMD or a reason to stop, stops everything, and returns the
// exit code of the container. It is called once in a process.
func Run(o Options) (code int) {
	if err := proc.CheckLimit(os.ReadFile); err != nil { // first of all: each step takes threads
		fmt.Fprintf(os.Stderr, "init: error: %v\n", err)
		return container.ExitRefused
	}
	b := newBoot(o)
	if err := renounce(o.Environ); err != nil {
		b.Warnf("programs of this container can gain privileges: %v", err)
	}
	defer func() {
		if p := recover(); p != nil {
			b.Errorf("%v", p)
			code = stop.Replace(b.Container, "crash", container.ExitInternal)
		}
	}()
	if words, asked := doctorWords(b.args); asked {
		return b.examine(words)
	}
	if err := b.prepare(); err != nil {
		return b.refuse(err)
	}
	b.boot()
	b.Wait()
	return stop.Run(b.Container)
}

// prepare makes what supervision needs. Whatever fails here ends the start.
func (b *boot) prepare() error {
	return inOrder(
		b.takeOver,
		b.checkImage,
		b.prepareUser,
		b.prepareRun,
		b.openScandir,
	)
}

func (b *boot) prepareUser() error {
	b.Services.PrepareUser()
	return nil
}

// boot goes from the hook to CMD. A failure is remembered, and stops the boot only if
// S6_BEHAVIOUR_IF_STAGE2_FAILS is 2; a request to stop ends each step early and skips the rest.
func (b *boot) boot() {
	asked := b.Stop.Asked()
	defer b.tellProgress()()
	b.step(asked, "hook", b.runHook)
	b.step(asked, "sources", b.Services.Install)

	limited, done := b.limit()
	defer done()
	b.step(limited, "base", b.runBase)
	b.step(limited, "user", b.awaitUser)
	b.step(limited, "services.d", b.Services.StartLegacy)
	b.step(limited, "user2", b.startUser2)
	b.report()

	b.step(asked, "cmd", b.startCmd)
}

// boot is one boot. Fields are set by the steps in their order and read afterwards.
type boot struct {
	*container.Container
	version string
	refused func(startUID int) error
	args    []string
	environ env.Environ // as given, with the completed PATH
	cwd     string      // of /init at its start
	tty     terminal
	signals *signals
	user    chan error // outcome of the bundle user
	timings []timing

	kind  cmdline.Kind
	quiet bool                   // somebody works at the terminal that the log is on
	at    atomic.Pointer[string] // what the boot is doing
}

func newBoot(o Options) *boot {
	environ := o.Environ.With("PATH", env.InitPath(o.Environ.Get("PATH")))
	start, warnings := settings.Read(environ)
	args := command(o.Args)
	kind := cmdline.KindOf(args)
	quiet := stderrIsTerminal() && isQuiet(kind, environ.Value(env.Verbosity) != "", start.Verbosity)
	if quiet {
		start = start.Quieted(environ)
	}
	lines := log.NewBoot(log.Stderr{}, start.Verbosity)
	logger := lines.Logger("init")
	once := log.NewOnce(logger)
	for _, w := range append(warnings, settings.Ignored(o.Environ)...) {
		once.Warnf("%s", w)
	}
	c := &container.Container{
		Logger:   logger,
		Log:      lines,
		Once:     once,
		Settings: settings.NewSource(start, quiet, once, lines.SetLevel),
		Environ:  childEnv(start, environ),
		Stop:     container.NewRequest(),
	}
	b := &boot{
		Container: c,
		version:   o.Version,
		refused:   o.Refuse,
		args:      args,
		kind:      kind,
		quiet:     quiet,
		environ:   environ,
		signals:   newSignals(c),
		user:      make(chan error, 1),
	}
	b.at.Store(new("the first step"))
	return b
}

// childEnv is the environment of scripts, services and CMD.
//
// spec: SUP-62
func childEnv(start settings.Settings, environ env.Environ) env.Environ {
	if start.KeepEnv {
		return environ
	}
	return environ.PathOnly()
}

// step runs one step of the boot, unless the container is to stop.
func (b *boot) step(ctx context.Context, name string, do func(context.Context) error) {
	if b.Stop.Stopping() {
		return
	}
	began := time.Now()
	b.at.Store(&name)
	err := do(ctx)
	b.timings = append(b.timings, timing{name, time.Since(began)})
	if err != nil && !b.Stop.Stopping() {
		b.judge(name, err)
	}
}

func inOrder(steps ...func() error) error {
	for _, do := range steps {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// flushGrace is for the last lines of the own log when the start is refused.
const flushGrace = 200 * time.Millisecond

// refusal is a start that must not happen; its text names the fix (spec: SUP-83).
type refusal struct{ error }

// refuse reports why /init does not start at all.
//
// contract: RUN-09
func (b *boot) refuse(err error) int {
	if startUID := os.Geteuid(); b.refused != nil {
		if why := b.refused(startUID); why != nil {
			fmt.Fprintln(log.Stderr{}, why)
			return container.ExitRefusedUser
		}
	}
	b.speak()
	b.Errorf("%v", err)
	b.Log.Flush(flushGrace)
	if errors.As(err, new(refusal)) {
		return container.ExitRefused
	}
	return container.ExitInternal
}
