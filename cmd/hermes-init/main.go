package main

import (
	"context"
	"os"
	"path/filepath"

	"caduceus/internal/identity"
	"caduceus/internal/pid1/boot"
	"caduceus/internal/pid1/contenv"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/pid1/svstat"
	"caduceus/internal/pid1/user"
	"caduceus/internal/s6"
)

var version = "dev" // set when linking

func main() { os.Exit(dispatch(os.Args[0], os.Args[1:])) }

func dispatch(argv0 string, args []string) int {
	switch filepath.Base(argv0) {
	case contenv.Name:
		return withContenv(args)
	case "printcontenv":
		return printContenv(args, os.Stdout)
	case "halt", "poweroff", "reboot", "shutdown":
		return halt()
	case "s6-svscan":
		return scan.Main(context.Background(), args)
	case "s6-svstat":
		return svstat.Main(args, os.Stdout, os.Stderr)
	case "s6-sleep":
		return sleep(args)
	case user.Argv0:
		return user.Main(args)
	case s6.LockModeArgv0:
		return supervise.LockMain(args)
	case proc.ExecArgv0:
		return proc.ExecMain(args)
	}
	return boot.Run(boot.Options{Args: args, Environ: os.Environ(), Version: version, Refuse: refuse})
}

// refuse returns an error if the container must not start as this user. In an image without the account hermes, any user
// may.
//
// contract: RUN-01
func refuse(startUID int) error {
	hermes, err := identity.Lookup("", identity.Hermes)
	if err != nil {
		return nil
	}
	return identity.CheckStartUID(startUID, hermes, os.Environ())
}
