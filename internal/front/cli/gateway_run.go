package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"caduceus/internal/env"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
	"caduceus/internal/launch"
	"caduceus/internal/procfs"
)

// breadcrumb is one line; the contract fixes three words of it.
//
// contract: GW-02
const breadcrumb = "→ the gateway runs under s6 supervision: it restarts after a crash, and this process only keeps the " +
	"container alive. For a gateway in the foreground use --no-supervise or HERMES_GATEWAY_NO_SUPERVISE=1."

// gatewayRun is `gateway run`, and bare `gateway`.
//
// contract: GW-01
func (a *app) gatewayRun(ctx context.Context, run gateway.RunArgs) error {
	facts := a.runFacts(run)
	var name string
	if facts.InitRuns {
		var err error
		if name, err = a.profileName(); err != nil {
			return err
		}
		facts.Stopped = a.stopped(name)
	}
	outcome := gateway.Decide(facts)
	if outcome == gateway.Foreground || outcome == gateway.Redirect {
		if err := a.hold(ctx, "hermes gateway status"); err != nil {
			return err
		}
	}
	switch outcome {
	case gateway.Refuse:
		return a.refuseRoot()
	case gateway.Foreground:
		if facts.SupervisedChild { // here and not in the slot's script: root may have no way into the volume
			if err := os.Chdir(a.home.Root()); err != nil {
				return err
			}
			a.scandir.RenewLogger(ctx, name)
			a.enterEnvironment()
		}
		return a.becomeAgent()
	case gateway.StayDown:
		a.say("→ gateway %s was stopped and stays down, as HERMES_GATEWAY_RESPECT_STOP is set. To bring it up: %s",
			name, profile.CommandLine(name, "gateway start"))
		return a.becomeHeartbeat()
	}
	err := a.control().Do(ctx, gateway.Start, name)
	if _, unrecorded := errors.AsType[*gateway.UnrecordedError](err); unrecorded { // CMD says so again at the next boot
		a.warn(err)
	} else if err != nil {
		return a.failed(err)
	}
	a.sayWithheld(name)
	a.say(breadcrumb)
	return a.becomeHeartbeat()
}

// runFacts are the facts that need no profile. Root that started this process may be hermes by now.
//
// contract: SHIM-01
func (a *app) runFacts(run gateway.RunArgs) gateway.Facts {
	return gateway.Facts{
		InitRuns:        a.initRuns(),
		SupervisedChild: env.SupervisedChild.On(a.Environ),
		NoSuperviseFlag: run.NoSupervise,
		NoSuperviseEnv:  env.NoSupervise.On(a.Environ),
		StartedAsRoot:   a.StartUID == 0,
		KeepsRoot:       a.euid == 0,
		RootAllowed:     env.AllowRootGateway.On(a.Environ),
		RespectStop:     env.RespectStop.On(a.Environ),
	}
}

// stopped reports whether the last request, or else the last record, is a stop.
func (a *app) stopped(name string) bool {
	dir := a.home.Dir(name)
	state, _ := profile.ReadState(dir)   // what cannot be read is no stop
	intent, _ := profile.ReadIntent(dir) // likewise
	return profile.Prior(state, intent, procfs.MachineBoot(procfs.Root)) == profile.Stopped
}

func (a *app) refuseRoot() error {
	a.say("✗ Refusing to run the Hermes gateway as root inside the official Docker image.")
	a.say("  What root writes to the volume, the gateway of user hermes cannot change later.")
	a.say("  Keep the image's entry point (/init /opt/hermes/docker/main-wrapper.sh), or start with --user hermes.")
	a.say("  HERMES_ALLOW_ROOT_GATEWAY=1 allows it, if you accept that.")
	return exitCode(1)
}

// becomeHeartbeat replaces this process by one that only waits for the container's end. Without a sleep
// program it waits by itself, under another name: whoever looks for gateways goes by command lines.
//
// contract: GW-05
func (a *app) becomeHeartbeat() error {
	path := a.Environ.Get("PATH") + ":" + env.SystemPath
	for _, sleep := range launch.FindAll("sleep", path) {
		if a.Exec(sleep, []string{"sleep", "infinity"}, a.Environ) == nil {
			return nil // a test's Exec
		}
	}
	a.say("→ there is no sleep program; this process waits by itself until the container stops.")
	self, err := os.Executable()
	if err == nil && a.Exec(self, []string{heartbeatName}, a.Environ) == nil {
		return nil
	}
	return exitCode(a.block())
}

// block waits for SIGTERM and returns the exit code that stands for it.
//
// contract: GW-05
func (a *app) block() int {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	return launch.SignalCode(syscall.SIGTERM)
}
