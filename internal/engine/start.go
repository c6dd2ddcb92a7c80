package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"caduceus/internal/host"
)

// StateDir keeps the log and the pid of an engine that we started.
const StateDir = "/var/lib/caduceus"

const (
	startTimeout = 60 * time.Second
	pollEvery    = 200 * time.Millisecond
)

// action is what to do where no engine answered.
type action int

const (
	giveUp  action = iota // report the error: it names the command that helps
	start                 // dockerd is there: start it
	install               // install the distribution's engine, then start it
)

// situation is all that the decision depends on.
type situation struct {
	named   bool // DOCKER_HOST or a context names the engine
	none    bool // nothing listens; false for any other trouble
	dockerd bool // the engine's program is installed
	facts   host.Facts
}

func decide(s situation) action {
	switch {
	case s.named || !s.none || !s.facts.Root:
		return giveUp
	case s.dockerd:
		return start
	case s.facts.Apt():
		return install
	default:
		return giveUp
	}
}

// Host is what Ensure works with.
type Host struct {
	Facts  host.Facts
	Run    host.Runner
	Getenv func(string) string
	Say    func(format string, args ...any) // one line for the screen
	State  string                           // "": StateDir
	RunDir string                           // where dockerd keeps its pid files; "": /var/run
}

// Ensure finds the engine of this host. Where none listens, root on a Debian or Ubuntu
// host gets one: installed, started and left running.
func Ensure(ctx context.Context, h Host) (*Engine, error) {
	at, err := Endpoints(h.Getenv)
	if err != nil {
		return nil, err
	}
	found, err := connectFirst(ctx, at)
	if err == nil {
		return found, nil
	}
	s := situation{
		named: at[0].named(), none: errors.Is(err, ErrNone),
		dockerd: h.dockerd() != "", facts: h.Facts,
	}
	switch decide(s) {
	case install:
		h.Say("engine: none found; installing docker.io and iptables with apt-get")
		if err := host.Install(ctx, h.Run, h.Facts, "start a Docker engine", "docker.io", "iptables"); err != nil {
			return nil, err
		}
	case start:
		h.Say("engine: dockerd is installed but not running")
	case giveUp:
		return nil, err
	}
	return h.launch(ctx, Endpoint{Host: DefaultHost, Source: defaultSource})
}

// launch starts dockerd, unless it is starting already, and waits until it answers.
func (h Host) launch(ctx context.Context, at Endpoint) (*Engine, error) {
	if h.Facts.Systemd {
		h.Say("engine: starting it with systemctl")
		if err := h.Run.Run(ctx, host.Cmd{Path: "systemctl", Args: []string{"start", "docker"}}); err != nil {
			return nil, fmt.Errorf("cannot start Docker engine: %w", err)
		}
		return await(ctx, at, `look at "journalctl -u docker"`, func() bool { return true })
	}
	if pid, ok := h.starting(); ok {
		h.Say("engine: waiting for dockerd (pid %d), which is starting already", pid)
		return await(ctx, at, "look at its log", func() bool { return isRunning(pid, "dockerd") })
	}
	h.clearStale()
	state := cmp.Or(h.State, StateDir)
	if err := os.MkdirAll(state, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create state folder %q: %w", state, err)
	}
	log := filepath.Join(state, "dockerd.log")
	pid, err := h.Run.Daemon(host.Cmd{Path: h.dockerd()}, log)
	if err != nil {
		return nil, fmt.Errorf("cannot start Docker engine: %w", err)
	}
	h.Say("engine: started dockerd (pid %d, log %s); it goes on after this command", pid, log)
	if err := os.WriteFile(filepath.Join(state, "dockerd.pid"), []byte(strconv.Itoa(pid)+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("cannot keep pid of dockerd: %w", err)
	}
	return await(ctx, at, "look at "+log, func() bool { return isRunning(pid, "dockerd") })
}

// dockerd is the engine's program; a shell of root may lack the folders of root's
// programs.
func (h Host) dockerd() string {
	for _, name := range []string{"dockerd", "/usr/sbin/dockerd"} {
		if path, err := h.Run.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// await polls until the engine answers, is found dead or the time is up.
func await(ctx context.Context, at Endpoint, next string, runs func() bool) (*Engine, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		e, err := Connect(ctx, at)
		if err == nil {
			return e, nil
		}
		p := &host.Problem{What: "cannot start Docker engine " + strconv.Quote(at.Host), Next: next, Err: err}
		if !runs() {
			p.Cause = "dockerd ended before it answered"
			return nil, p
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.Cause = fmt.Sprintf("it does not answer after %s", startTimeout)
			return nil, p
		}
	}
}
