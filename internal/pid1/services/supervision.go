package services

import (
	"context"
	"os"
	"time"

	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// Scandir is where the service directories are.
const Scandir = "/run/service"

// ErrBusy means that another init supervises the scandir.
var ErrBusy = scan.ErrBusy

// Open starts supervision: it locks the scandir and obeys its control fifo until ctx ends. Letters
// that concern the container as a whole go to request. Callers may test ErrBusy.
func (s *Services) Open(ctx context.Context, request func(letter byte)) error {
	scandir, err := scan.Open(scan.Options{
		Dir:     Scandir,
		Procs:   s.opt.Procs,
		Log:     s.opt.Log,
		Environ: func() []string { return s.opt.Environ },
		RunAs:   runAs,
		Stdout:  output(os.Stdout),
		Stderr:  output(os.Stderr),
		Boot:    true,
	})
	if err != nil {
		return err
	}
	s.scandir.Store(scandir)
	go func() {
		if err := scandir.Run(ctx); err != nil && ctx.Err() == nil {
			s.opt.Log.Warnf("the scandir is not watched any more: %v", err)
		}
	}()
	go func() {
		for letter := range scandir.Requests() {
			request(letter)
		}
	}()
	return nil
}

// Opened reports whether services are supervised. No services at all are not.
func (s *Services) Opened() bool { return s != nil && s.scandir.Load() != nil }

// Owner is the account as which to run what lies in the scandir, as it was opened; nil is this process.
func (s *Services) Owner() (*identity.Account, error) { return ownerOf(s.scandir.Load().Held()) }

// Names are the services in the scandir, sorted; a logger is "NAME/log".
func (s *Services) Names() []string { return s.scandir.Load().Names() }

// Scan looks for new services.
func (s *Services) Scan() {
	if scandir := s.scandir.Load(); scandir != nil {
		scandir.Scan()
	}
}

// Prune stops the services that have left the scandir.
func (s *Services) Prune() {
	if scandir := s.scandir.Load(); scandir != nil {
		scandir.Prune(false)
	}
}

// Freeze forbids each further start of a service.
func (s *Services) Freeze() { s.scandir.Load().Freeze() }

// service is the supervisor of that name, nil if there is none.
func (s *Services) service(name string) *supervise.Service { return s.scandir.Load().Service(name) }

// scanAndWait looks for services, and waits until those it finds can be asked: the next program of
// the boot may do so. One that cannot be supervised does not hold the boot up for long.
func (s *Services) scanAndWait(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	s.Scan()
	for _, name := range s.Names() {
		s.opt.Settings.ProgramsRun()
		if service := s.service(name); service != nil {
			_ = service.Wait(ctx, supervise.Supervised) // the end of ctx ends the wait for all
		}
	}
}

// killTimeout is what the service itself asks for between TERM and KILL. Whoever owns the service
// directory cannot hold up the stop with what they put there.
func killTimeout(name string) time.Duration {
	dir, err := held.Open(Scandir+"/"+name, held.FollowAll)
	if err != nil {
		return 0
	}
	defer func() { _ = dir.Close() }()    // nothing was written
	config, _ := s6.ReadConfigDir(dir, 0) // its supervisor has warned of what is wrong with it
	return config.KillTimeout
}
