package services

import (
	"context"
	"sync"
	"time"

	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/supervise"
)

// Scandir is where the service directories are. Where this process is root and the image knows hermes, they are
// those of hermes, and root's are in RootScandir; in Scandir they have a name each, for clients.
//
// spec: SUP-117
const (
	Scandir     = "/run/service"
	RootScandir = "/run/s6/root-service"
)

// ErrBusy means that another init supervises the scandir.
var ErrBusy = scan.ErrBusy

// Open starts supervision: it locks the scandir and obeys its control fifo until ctx ends. Letters
// that concern the container as a whole go to request. Callers may test ErrBusy.
func (s *Services) Open(ctx context.Context, request func(letter byte)) error {
	s.request = request
	stdout, stderr := s.streams()
	scandir, err := scan.Open(scan.Options{
		Dir:     s.dir,
		Procs:   s.opt.Procs,
		Log:     s.opt.Log,
		Environ: func() []string { return s.opt.Environ },
		Stdout:  stdout,
		Stderr:  stderr,
		Boot:    true,
	})
	if err != nil {
		return err
	}
	s.scandir.Store(scandir)
	scandir.Watch(ctx, request)
	return nil
}

// Opened reports whether services are supervised. No services at all are not.
func (s *Services) Opened() bool { return s != nil && s.scandir.Load() != nil }

// Names are the services in the scandir, sorted; a logger is "NAME/log".
func (s *Services) Names() []string { return s.scandir.Load().Names() }

// Scan looks for new services.
func (s *Services) Scan() {
	if scandir := s.scandir.Load(); scandir != nil {
		scandir.Scan()
	}
	if supervisor := s.user.Load(); supervisor != nil {
		go func() { _ = supervisor.Scan(s.opt.Stop) }() // one that has ended scans when it starts again
	}
}

// Prune stops the services that have left the scandir.
func (s *Services) Prune() {
	if scandir := s.scandir.Load(); scandir != nil {
		scandir.Prune(false)
	}
	if supervisor := s.user.Load(); supervisor != nil {
		supervisor.Prune()
	}
}

// volumeHolder is the service that holds the volume for this container. Whoever is about to start a gateway asks for it, and
// hermes, who cannot command it, by a letter.
const volumeHolder = "volume-holder"

// HoldVolume starts the service that holds the volume, if the image has it.
//
// spec: SUP-57
func (s *Services) HoldVolume() {
	if scandir := s.scandir.Load(); scandir != nil {
		if holder := scandir.Service(volumeHolder); holder != nil {
			holder.Command("u")
		}
	}
}

// Freeze forbids each further start of a service.
func (s *Services) Freeze() {
	s.scandir.Load().Freeze()
	if supervisor := s.user.Load(); supervisor != nil {
		supervisor.Freeze()
	}
}

// service is the supervisor of that name, nil if there is none.
func (s *Services) service(name string) *supervise.Service { return s.scandir.Load().Service(name) }

// scanAndWait looks for services, and waits until those it finds can be asked: the next program of
// the boot may do so. One that cannot be supervised does not hold the boot up for long.
func (s *Services) scanAndWait(ctx context.Context) {
	s.opt.Settings.ProgramsRun()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var both sync.WaitGroup
	defer both.Wait()
	if supervisor := s.user.Load(); supervisor != nil {
		both.Go(func() { _ = supervisor.Scan(ctx) }) // one that has ended scans when it starts again
	}
	scandir := s.scandir.Load()
	scandir.Scan()
	scandir.AwaitSupervised(ctx, time.Second)
}
