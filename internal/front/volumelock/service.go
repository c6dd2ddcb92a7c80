package volumelock

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/s6"
)

// Slot is the service that holds the volume for its container. It is ready once it does, or once there is nothing to hold
// by; if another container holds the volume, it ends.
const Slot = "volume-holder"

// HoldLetter is the control letter by which hermes asks the init for that service.
//
// spec: SUP-57
const HoldLetter = "V"

// startLimit is how long the service may take on a loaded host until it is ready.
const startLimit = 10 * time.Second

// ErrSilent is returned if the service became neither ready nor another container the holder.
var ErrSilent = errors.New("the service " + Slot + " does not answer")

// Service asks for the service of this container.
type Service struct {
	Root  string                // prefix of paths
	Other func() (Holder, bool) // the container that holds the volume, if its lock is to be believed
}

// Hold makes this container the holder of the volume. It returns the other container, if that holds it.
//
// contract: HOLD-01
func (s Service) Hold(ctx context.Context) (other Holder, held bool, err error) {
	if s.Ready() {
		return Holder{}, false, nil
	}
	if other, held := s.Other(); held {
		return other, true, nil
	}
	if err := s.ask(); err != nil {
		return Holder{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !s.Ready() {
		if other, held := s.Other(); held {
			return other, true, nil
		}
		select {
		case <-ctx.Done():
			return Holder{}, false, ErrSilent
		case <-tick.C:
		}
	}
	return Holder{}, false, nil
}

func (s Service) dir() string { return filepath.Join("/", s.Root, "/run/s6-rc/servicedirs", Slot) }

// Ready reports whether this container has the volume, or there is nothing to have it by.
func (s Service) Ready() bool {
	status, err := s6.ReadStatus(s.dir())
	return err == nil && status.Up() && status.Ready
}

// ask has the service started: by its supervisor, or, as hermes in a container that started as root, through the user's
// supervisor.
func (s Service) ask() error {
	err := s6.SendControl(s.dir(), "u")
	if errors.Is(err, fs.ErrPermission) {
		err = s6.SendScanControl(filepath.Join("/", s.Root, env.Scandir.Default()), HoldLetter)
	}
	return err
}
