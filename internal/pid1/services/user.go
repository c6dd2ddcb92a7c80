package services

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/user"
	"caduceus/internal/s6"
	"caduceus/internal/stdio"
)

// slotLimit is how long before KILL a service of hermes may ask for in a stop, unless S6_SERVICES_GRACETIME grants
// more: with its finish script and its logger it then still ends within the engine's 10 s.
//
// contract: BOOT-18
const slotLimit = 7 * time.Second

// fewestThreads is what a pids limit has to allow for the user's supervisor and the services of the image beside the
// main program. Below that there is the main program alone.
//
// contract: AGT-09
const fewestThreads = 48

// roomyThreads is the smallest pids limit with room for the user's supervisor beside the boot scripts before it.
const roomyThreads = 256

// Modes of what the user's supervisor writes to (contract: REC-01).
const (
	modeSupervise = 0o710
	modeEvent     = 0o3730
	modeControl   = 0o660
)

// divided reports whether the user's supervisor has the services of hermes: this process is root, and the image
// knows hermes. Otherwise one supervisor has all.
//
// spec: SUP-117
func divided() bool {
	if os.Geteuid() != 0 {
		return false
	}
	_, err := identity.Lookup("", identity.Hermes)
	return err == nil
}

// StartUser hands the scandir of hermes over to a supervisor of its own, once hermes has the ids that it keeps. It
// is called once; without such a supervisor it does nothing.
//
// spec: SUP-117
func (s *Services) StartUser(ctx context.Context) error {
	if !s.divided {
		return nil
	}
	defer close(s.handedOver)
	prepared := s.takePrepared()
	defer func() { prepared.process.Cancel() }() // unless it has been started
	hermes, err := identity.Lookup("", identity.Hermes)
	if err != nil {
		return err
	}
	if err := s.handOver(hermes); err != nil {
		return fmt.Errorf("cannot hand %q over to hermes: %w", Scandir, err)
	}
	if err := stdio.Share(int(hermes.UID)); err != nil {
		s.opt.Log.Warnf("hermes cannot open /dev/stdin, /dev/stdout or /dev/stderr by name: %v", err)
	}
	if limit, limited := proc.PidsLimit(os.ReadFile); limited && limit < fewestThreads {
		return fmt.Errorf("a limit of %d processes is too small for services of hermes: the main program runs alone; allow %d", limit, fewestThreads)
	}
	options := s.userOptions()
	options.Letter = s.request
	if sameIDs(prepared.hermes, hermes) {
		options.First, prepared.process = prepared.process, nil
	}
	supervisor, err := user.Start(ctx, options)
	s.user.Store(supervisor)
	return err
}

func (s *Services) userOptions() user.Options {
	stdout, stderr := s.streams()
	return user.Options{
		Procs: s.opt.Procs, Dir: Scandir, Environ: s.opt.Environ, Log: s.opt.Log,
		Gain:      identity.GainOf(env.AllowNewPrivileges.On(os.Environ())),
		Verbosity: s.opt.Settings.Verbosity, Stdout: stdout, Stderr: stderr,
		Changed: s.recordUser,
	}
}

// preparedUser is the process of a user's supervisor, nil if there is none, and the account that it has become.
type preparedUser struct {
	process *user.Prepared
	hermes  identity.Account
}

// PrepareUser begins to make the process of the user's supervisor. It waits for StartUser, and is of no use if the scripts
// before that give hermes other ids. Where there is a small limit of processes, they have all of it.
func (s *Services) PrepareUser() {
	if !s.divided {
		return
	}
	if limit, limited := proc.PidsLimit(os.ReadFile); limited && limit < roomyThreads {
		return
	}
	hermes, err := identity.Lookup("", identity.Hermes)
	if err != nil {
		return
	}
	s.prepared = make(chan preparedUser, 1)
	go func() {
		process, _ := user.Prepare(s.userOptions()) // StartUser tries again, and says why not
		s.prepared <- preparedUser{process, hermes}
	}()
}

func (s *Services) takePrepared() preparedUser {
	if s.prepared == nil {
		return preparedUser{}
	}
	return <-s.prepared
}

func sameIDs(a, b identity.Account) bool {
	return a.UID == b.UID && a.GID == b.GID && slices.Equal(a.Groups, b.Groups)
}

// handOver gives hermes what its supervisor writes to. From then on no process of root works there.
func (s *Services) handOver(hermes identity.Account) error {
	for _, name := range s.plan.Longruns() {
		if s.plan.Unit(name).Account == rc.Hermes {
			if err := giveStates(servicedir(name), hermes); err != nil {
				return err
			}
		}
	}
	run, err := held.Open(filepath.Dir(Scandir), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = run.Close() }() // nothing was written through it
	return identity.Give(run, filepath.Base(Scandir), hermes, 0o755)
}

// giveStates makes the two directories of a service that its supervisor writes to. The rest stays root's.
func giveStates(dir string, hermes identity.Account) error {
	slot, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = slot.Close() }() // nothing was written through it
	const control = s6.SuperviseDir + "/" + s6.ControlFile
	_, superviseErr := slot.MakeDir(s6.SuperviseDir, modeSupervise)
	_, eventErr := slot.MakeDir(s6.EventDir, modeEvent)
	_, controlErr := slot.MakeFifo(control, modeControl)
	if err := errors.Join(superviseErr, eventErr, controlErr); err != nil {
		return err
	}
	return errors.Join( // what is in a directory before the directory
		identity.Give(slot, control, hermes, modeControl),
		identity.Give(slot, s6.SuperviseDir, hermes, modeSupervise),
		identity.Give(slot, s6.EventDir, hermes, modeEvent),
	)
}

// ofUser reports whether the user's supervisor has a service that the image defines.
func (s *Services) ofUser(name string) bool {
	return s.divided && s.plan.Unit(name).Account == rc.Hermes
}

// userServices are those of the image that the user's supervisor has, sorted.
func (s *Services) userServices() []string {
	return slices.DeleteFunc(s.plan.Longruns(), func(name string) bool { return !s.ofUser(name) })
}

// bringUpUser starts a service of the user's supervisor, once there is one.
func (s *Services) bringUpUser(ctx context.Context, unit rc.Unit) error {
	select {
	case <-s.handedOver:
	case <-ctx.Done():
		return ctx.Err()
	}
	supervisor := s.user.Load()
	if supervisor == nil {
		return fmt.Errorf("there is no supervisor for %s", unit.Account)
	}
	return supervisor.Up(ctx, unit.Name, unit.Notifies)
}

// userConditions are the conditions of the services that the user's supervisor has, by name.
func (s *Services) userConditions() map[string]string {
	supervisor := s.user.Load()
	if supervisor == nil {
		return map[string]string{}
	}
	conditions, err := supervisor.Conditions(context.Background())
	if err != nil {
		return map[string]string{"user's supervisor": "down: " + err.Error()}
	}
	out := map[string]string{}
	for _, c := range conditions {
		if c.Why == "" {
			c.Why = s.cause(c.Name, c.Down).why(c.Word != "down")
		}
		out[c.Name] = c.Word + ": " + c.Why
	}
	return out
}
