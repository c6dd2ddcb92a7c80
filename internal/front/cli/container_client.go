package cli

import (
	"path/filepath"

	"caduceus/internal/front/client"
	"caduceus/internal/front/command"
	"caduceus/internal/launch"

	"github.com/spf13/cobra"
)

// clientsPath is where Debian's clients of s6 lie.
const clientsPath = "/usr/bin"

// containerClient is what libexec/s6-client does for root: it executes a client of s6 as hermes, unless all that the client
// is given is root's own.
//
// contract: SVC-11
func (a *app) containerClient() *cobra.Command {
	cmd := command.New(command.Verb{Use: "client NAME [ARG]...", Summary: "A client of s6 that root calls", Hidden: true, Raw: true})
	cmd.RunE = func(_ *cobra.Command, words []string) error {
		if len(words) == 0 {
			return command.Wrong(cmd, "the client's name is missing")
		}
		args, roots := client.Resolve(words[1:])
		if !roots && a.euid == 0 {
			account, err := a.account()
			if err == nil {
				err = a.Drop(account)
			}
			if err != nil {
				a.say("%s: fatal: refusing to touch as root what hermes can exchange: %v", words[0], err)
				return exitCode(launch.NotExecutable)
			}
		}
		name := filepath.Base(words[0])
		err := a.Exec(filepath.Join(clientsPath, name), append([]string{name}, args...), a.Environ)
		a.say("%s: fatal: cannot execute it: %v", name, err)
		return exitCode(launch.ErrorCode(err))
	}
	return cmd
}
