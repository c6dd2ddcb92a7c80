package cli

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"caduceus/internal/front/command"
	"caduceus/internal/front/maincmd"
)

// subcommandsPath lists the agent's subcommands, one a line, as the build of the image found them.
const subcommandsPath = "/opt/hermes/docker/subcommands"

// twoWaysOut is for who starts a container that nobody can talk to.
//
// contract: CMD-09
const twoWaysOut = "[hermes] ERROR: no terminal, and no command that does without one. To chat: docker run -it. To run the gateway of " +
	"Telegram, Discord and the like: the command gateway run (docker run -d … IMAGE gateway run; in Compose command: gateway run; " +
	"in Kubernetes args: [gateway, run])."

// wrongUsage is the exit code of the agent's parser.
const wrongUsage = 2

// passOn makes the words behind cmd, which name no verb of the front, the agent's. A chat that nobody could type into
// is not started, and who misspelt a verb learns the right one.
//
// contract: CMD-09, GW-22
func (a *app) passOn(ctx context.Context, cmd *cobra.Command, words []string) error {
	after := ""
	if a.MainProgram && maincmd.Chats(a.selection.Rest) {
		switch inputOf(a.Stdin) {
		case inputNone:
			a.say("%s", twoWaysOut)
			return exitCode(1)
		case inputOther:
			after = twoWaysOut
		}
	}
	if after == "" {
		after = command.Suggest(cmd, words, a.subcommands())
	}
	if after == "" {
		return a.becomeAgent()
	}
	code, err := a.runAgent(ctx, nil)
	if err == nil && code != 0 && (after == twoWaysOut || code == wrongUsage) {
		a.say("%s", after)
	}
	return firstError(err, ended(code))
}

// subcommands lists those of the agent; without a list it has none.
func (a *app) subcommands() []string {
	list, err := os.ReadFile(a.path(subcommandsPath))
	if err != nil {
		return nil
	}
	return strings.Fields(string(list))
}

// input is what may come from stdin.
type input uint8

const (
	inputTerminal input = iota
	inputNone           // it is the null device, as docker run -d makes it
	inputOther          // such as a pipe
)

func inputOf(stdin *os.File) input {
	var st unix.Stat_t
	if unix.Fstat(int(stdin.Fd()), &st) != nil || st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == unix.Mkdev(1, 3) {
		return inputNone
	}
	if _, err := unix.IoctlGetTermios(int(stdin.Fd()), unix.TCGETS); err == nil {
		return inputTerminal
	}
	return inputOther
}
