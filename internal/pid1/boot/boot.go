package boot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"caduceus/internal/pid1/log"
)

// Options of a boot. The zero value is /init in a container.
type Options struct {
	Args    []string // without argv[0]; leading flags of tini are dropped
	Environ []string
	Version string
	// Stranger says why nobody may start the container as this uid. It is asked when the start is
	// refused for another reason, which the wrong user may well be the cause of. nil: nobody is wrong.
	Stranger func(uid int) error
}

// Run boots the container, waits for CMD or a reason to stop, stops everything, and returns the
// exit code of the container. It is called once in a process.
func Run(o Options) (code int) {
	m := newMachine(o)
	defer func() {
		if p := recover(); p != nil {
			m.fatalf("%v", p)
			code = m.replaced("crash", exitInternal)
		}
	}()
	if err := m.prepare(); err != nil {
		return m.refuse(err)
	}
	m.boot()
	m.idle()
	return m.stop()
}

// prepare makes what supervision needs. Whatever fails here ends the start.
func (m *machine) prepare() error {
	return inOrder(
		m.takeOver,
		m.prepareRun,
		m.openScandir,
	)
}

// boot goes from the hook to CMD. A failure is remembered, and stops the boot only if
// S6_BEHAVIOUR_IF_STAGE2_FAILS says so; a request to stop ends each step early and skips the rest.
func (m *machine) boot() {
	m.step(m.ctx, "hook", m.runHook)
	m.step(m.ctx, "sources", m.installSources)

	limited, done := m.limit()
	defer done()
	m.step(limited, "base", m.runBase)
	m.step(limited, "user", m.awaitUser)
	m.step(limited, "services.d", m.startLegacy)
	m.step(limited, "user2", m.startUser2)
	m.explain()

	m.step(m.ctx, "cmd", m.startCmd)
}

// stop is the ladder: each rung ends as soon as its condition holds, and all of them together at
// one deadline.
//
// spec: SUP-79
func (m *machine) stop() int {
	l := m.ladder()
	defer l.done()
	l.climb(
		l.freeze,
		l.both(
			l.endCmd,
			l.stopServices,
		),
		l.runDowns,
		l.closeLoggers,
		l.endOthers,
	)
	return l.leave()
}

// step runs one step of the boot, unless the container is to stop.
func (m *machine) step(ctx context.Context, name string, do func(context.Context) error) {
	if m.stopping() {
		return
	}
	began := time.Now()
	err := do(ctx)
	m.took(name, time.Since(began))
	if err != nil && !m.stopping() {
		m.judge(name, err)
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

// refusal is a start that must not happen; its text names the fix (spec: SUP-83).
type refusal struct{ error }

// refuse reports why /init does not start at all.
//
// contract: RUN-01, RUN-09
func (m *machine) refuse(err error) int {
	if m.stranger != nil {
		if why := m.stranger(os.Geteuid()); why != nil {
			fmt.Fprintln(log.Stderr{}, why)
			return exitStranger
		}
	}
	m.fatalf("%v", err)
	m.log.Flush(flushGrace)
	if errors.As(err, new(refusal)) {
		return exitRefused
	}
	return exitInternal
}
