package cli

import (
	"context"
	"fmt"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/command"
	"caduceus/internal/front/reconcile"
	"caduceus/internal/front/volumelock"
)

// exitHeldElsewhere is the exit code of what is refused because another container has the gateways of the volume.
//
// contract: HOLD-02
const exitHeldElsewhere = exitCode(69)

// exitElsewhere is its line in --help.
func exitElsewhere() command.Exit {
	return command.Exit{Code: "69", Means: "another running container has the gateways of this volume"}
}

// elsewhere returns the other container that has the gateways of this volume, if there is one, and if that counts here.
//
// contract: HOLD-02
func (a *app) elsewhere() (volumelock.Holder, bool) {
	if env.AllowSharedVolume.Yes(a.look().OfContainer(env.AllowSharedVolume)) {
		return volumelock.Holder{}, false
	}
	other, found := volumelock.OtherIn(a.Root, a.home.Root())
	return other, found && other.Trusted
}

// refuseElsewhere says by a.say or a.print what is to be asked of the other container.
func (a *app) refuseElsewhere(say func(format string, v ...any), other volumelock.Holder, command string) error {
	say("✗ %s", other.Refusal(a.home.Root(), command))
	return exitHeldElsewhere
}

// moveElsewhere says that another container has the gateways, and so the directories of the profiles; nil, if none has.
//
// contract: HOLD-02
func (a *app) moveElsewhere() error {
	other, found := a.elsewhere()
	if !found {
		return nil
	}
	a.say("✗ %s", other.MoveRefusal(a.home.Root(), "hermes "+strings.Join(a.args, " ")))
	return exitHeldElsewhere
}

// hold makes this container the holder of the volume before it runs a gateway. It returns an error, which is said, if another
// container has it. If nobody can tell, that is said, too, and the gateway starts.
//
// contract: HOLD-01
func (a *app) hold(ctx context.Context, command string) error {
	if !a.initRuns() {
		if other, found := a.elsewhere(); found {
			return a.refuseElsewhere(a.say, other, command)
		}
		return nil
	}
	other, found, err := volumelock.Service{Root: a.Root, Other: a.elsewhere}.Hold(ctx)
	switch {
	case found:
		return a.refuseElsewhere(a.say, other, command)
	case err != nil:
		a.say("[hermes] Warning: %s", notHeld(a.home.Root(), err))
	}
	return nil
}

// notHeld is the line about a volume that no lock can be had on.
//
// contract: HOLD-04
func notHeld(home string, err error) string {
	return fmt.Sprintf("%s is not held for this container: %v; another one could also run its gateways", home, err)
}

// ofDashboard reports whether the container has no gateway slots because its command is a dashboard's.
//
// contract: REC-08
func (a *app) ofDashboard() bool {
	account, err := a.account()
	return err == nil && reconcile.Skips(a.reconcileOptions(account))
}
