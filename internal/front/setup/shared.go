package setup

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// setupWait is how long a boot waits for another one that sets the same volume up. A first boot takes some seconds.
const setupWait = time.Minute

// enterVolume waits for another boot's turn on the volume, makes this container the holder if it is to run a gateway, and
// looks who holds the volume otherwise. It returns what ends the turn.
//
// contract: HOLD-03
func (j *job) enterVolume(ctx context.Context, dir *held.Dir) (leave func()) {
	leave = j.takeTurn(ctx, dir)
	self := volumelock.Self()
	service := volumelock.Service{Root: j.Root, Other: func() (volumelock.Holder, bool) {
		h, found := volumelock.Other(dir, self)
		return h, j.heldBy(h, found)
	}}
	if service.Ready() { // setup runs again in a live container
		return leave
	}
	other, found := volumelock.Other(dir, self)
	if !j.heldBy(other, found) && j.WantsGateway != nil && j.WantsGateway(j.hermes) {
		h, lost, err := service.Hold(ctx)
		switch {
		case lost: // to a boot at the same moment
			other, found = h, true
		case err != nil && !errors.Is(err, fs.ErrNotExist): // an image without the service
			j.warn("%s is not held for this container: %v; another one could run its gateways, too", j.home, err)
		}
	}
	if found {
		yields := j.heldBy(other, found)
		j.elsewhere = j.elsewhere || yields
		j.warn("%s", other.Warning(profile.Home(j.home).Root(), yields))
	}
	return leave
}

// heldBy reports whether a holder's word counts here.
func (j *job) heldBy(h volumelock.Holder, found bool) bool {
	return found && h.Trusted && !env.AllowSharedVolume.On(j.Environ)
}

// takeTurn waits until no other boot sets the volume up.
func (j *job) takeTurn(ctx context.Context, dir *held.Dir) (leave func()) {
	ctx, cancel := context.WithTimeout(ctx, setupWait)
	defer cancel()
	waits := func() { j.say("another container sets %s up: waiting for it, %v at most", j.home, setupWait) }
	leave, err := volumelock.AwaitSetup(ctx, dir, uint32(j.start), waits)
	if errors.Is(err, fs.ErrPermission) { // root without rights there
		if unable := identity.As(j.hermes, func() { leave, err = volumelock.AwaitSetup(ctx, dir, j.hermes.UID, waits) }); unable != nil {
			leave, err = func() {}, nil
		}
	}
	switch {
	case errors.Is(err, held.ErrBusy):
		j.elsewhere = true
		j.warn("another container still sets %s up after %v: this boot leaves its files as they are", j.home, setupWait)
	case err != nil && !errors.Is(err, unix.EROFS):
		j.warn("%v; another container could set %s up at the same time", err, j.home)
	}
	return leave
}
