package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/place"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/procfs"
)

// Times of the service volume-holder.
const (
	holdLook  = 2 * time.Second        // between two looks
	holdGrace = 30 * time.Second       // from its start until a gateway has to be there
	holdEnd   = 100 * time.Millisecond // between two looks once it has to end
	holdLast  = 8 * time.Second        // from then on; a gateway has 7 s
)

// containerHold is what the service volume-holder runs: in a container that started as root, as root.
//
// contract: HOLD-01
func (a *app) containerHold() *cobra.Command {
	const summary = "Service: hold the volume for this container, as long as it has gateways"
	return hidden("hold", summary, func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		account, err := a.account()
		if err != nil {
			return err
		}
		h := &holder{app: a, account: account, self: volumelock.Self()}
		return h.run(ctx)
	})
}

// holder keeps the volume for this container.
type holder struct {
	*app
	account identity.Account
	self    volumelock.Container
	claim   *volumelock.Claim // nil: there is none
	said    string            // the last line, which is not said twice
}

// run ends when the volume is another container's, or when no gateway needs it any more.
func (h *holder) run(ctx context.Context) error {
	volume, err := h.volume()
	if err != nil {
		h.cannotHold(err)
	} else {
		defer func() { _ = volume.Close() }() // nothing was written through it
	}
	if err := h.take(ctx, volume); err != nil {
		return err
	}
	ready()
	began, idle := h.Now(), 0
	tick := time.NewTicker(holdLook)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return h.end()
		}
		_ = h.take(ctx, volume) // who has its gateways up keeps them
		if idle++; h.needed() {
			idle = 0
		}
		if idle > 2 && h.Now().Sub(began) > holdGrace {
			_ = identity.As(h.account, func() { h.scandir.LeaveLogs() })
			return exitNotMeant
		}
	}
}

// end keeps the volume until the gateways that are asked to end, too, are gone: until then they write to it. In a shared PID
// namespace those of other containers are seen, so there is a limit.
func (h *holder) end() error {
	limit := time.After(holdLast)
	tick := time.NewTicker(holdEnd)
	defer tick.Stop()
	for gateway.Runs(h.path(procfs.Root)) {
		select {
		case <-tick.C:
		case <-limit:
			return exitNotMeant
		}
	}
	return exitNotMeant
}

// needed reports whether this container runs a gateway, or wants one up.
func (h *holder) needed() bool {
	wanted := gateway.Runs(h.path(procfs.Root))
	if !wanted {
		_ = identity.As(h.account, func() { wanted = h.scandir.AnyWanted() }) // the slots are hermes'
	}
	return wanted
}

// volume opens the root of the home, as root only where hermes could not exchange it.
func (h *holder) volume() (*held.Dir, error) {
	if h.euid != 0 {
		return held.Open(h.path(h.home.Root()), held.RefuseLinks)
	}
	trail, err := place.OfHome(h.Root, h.home, h.account.UID)
	if err == nil && trail.Missing != "" {
		err = errors.Join(fs.ErrNotExist, trail.Dir.Close())
	}
	return trail.Dir, err
}

// take has the lock taken, unless this container has it already. It returns an error if another container has it. Where
// nobody can have it, that is said, and all goes on.
func (h *holder) take(ctx context.Context, volume *held.Dir) error {
	if volume == nil || h.claim != nil && h.claim.Holds() {
		return nil
	}
	claim, err := volumelock.Take(volume, uint32(h.euid), h.self)
	if errors.Is(err, fs.ErrPermission) { // root without rights there
		unable := identity.As(h.account, func() { claim, err = volumelock.Take(volume, h.account.UID, h.self) })
		err = errors.Join(unable, err)
	}
	switch {
	case err == nil:
		if h.claim != nil {
			h.claim.Release()
		}
		h.claim = claim
		return nil
	case errors.Is(err, held.ErrBusy):
		return h.busy(ctx, volume)
	case !errors.Is(err, unix.EROFS):
		h.cannotHold(err)
	}
	return nil
}

// busy says who has the volume, and returns an error unless that is allowed.
func (h *holder) busy(ctx context.Context, volume *held.Dir) error {
	other, found := volumelock.Other(volume, h.self)
	switch {
	case !found && h.claim == nil: // one that is about to, or a second service of this container
		select {
		case <-time.After(holdEnd):
			return h.take(ctx, volume)
		case <-ctx.Done():
			return exitNotMeant
		}
	case !found:
		return nil
	case h.claim != nil: // its file was removed, and another container was faster
		h.once(other.Warning(h.home.Root(), false))
		return nil
	case !other.Trusted, env.AllowSharedVolume.On(h.Environ): // the boot has said so
		return nil
	}
	return exitHeldElsewhere
}

// cannotHold says that nobody can know who has the volume.
//
// contract: HOLD-04
func (h *holder) cannotHold(err error) { h.once(notHeld(h.home.Root(), err)) }

func (h *holder) once(line string) {
	if h.said != line {
		h.said = line
		h.say("[hermes] Warning: %s", line)
	}
}

// ready tells the supervisor that the volume is held, or that there is nothing to hold by.
func ready() {
	const fd = 3 // notification-fd of the service
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return // called by hand
	}
	f := os.NewFile(fd, "readiness")
	_, _ = f.WriteString("\n") // if nobody listens, nobody waits
	_ = f.Close()
}
