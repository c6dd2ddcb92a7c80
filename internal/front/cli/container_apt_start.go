package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/env"
	"caduceus/internal/front/apt"
	"caduceus/internal/s6"
)

// containerAptStart is a part of the boot script 015-supervise-perms. The service is down until then, and stays
// so in a container without the variable.
//
// contract: TOOL-14
func (a *app) containerAptStart() *cobra.Command {
	return hidden("apt-start", "The boot script 015-supervise-perms: the service apt-helper, where the variable asks for it", func(*cobra.Command, []string) error {
		switch {
		case !env.AllowApt.On(a.Environ):
		case a.euid != 0:
			a.say("[apt] %s has no effect in a container that was not started as root", env.AllowApt)
		default:
			if err := s6.SendControl(a.path("/run/s6-rc/servicedirs/"+apt.Slot), "u"); err != nil {
				a.say("[apt] %s has no effect: %v", env.AllowApt, err)
			}
		}
		return nil
	})
}
