package cli

import (
	"bufio"

	"caduceus/internal/launch"

	"github.com/spf13/cobra"
)

// containerPrograms makes the list of programs that give way to subcommands of the agent, when the
// image is built: it reads the subcommands' names from stdin, one a line.
//
// contract: CMD-04
func (a *app) containerPrograms() *cobra.Command {
	const summary = "Build step: which programs of the image have a subcommand's name"
	return hidden("programs", summary, func(*cobra.Command, []string) error {
		names := bufio.NewScanner(a.Stdin)
		for names.Scan() {
			for _, path := range launch.FindAll(names.Text(), a.Environ.Get("PATH")) {
				a.print("%s %s", names.Text(), path)
			}
		}
		return names.Err()
	})
}
