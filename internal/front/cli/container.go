package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
)

// containerVerbs are four verbs for people, and what the container's own scripts call.
func (a *app) containerVerbs() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "container",
		Summary: "Find out whether this container is healthy, and how to fix it",
		Detail: `These commands look at the container from inside: its init, volume, profiles and dashboard. They work with
"docker exec", as root or as hermes.`,
		Example: "docker exec hermes hermes container doctor\ndocker exec hermes hermes container health --json",
		ReadOn:  "operate/troubleshooting.md",
	})
	cmd.AddCommand(a.containerDoctor(), a.containerHealth(), a.containerVersion(), a.containerAptRestore(),
		a.containerMain(), a.containerEntrypoint(), a.containerSetup(), a.containerAptStart(), a.containerReconcile(), a.containerWatch(), a.containerHold(),
		a.containerDashboard(), a.containerDashboardEnded(), a.containerKept(), a.containerAptHelper(), a.containerPrograms(), a.containerProfiles(), a.containerClient())
	return cmd
}
