package command

import (
	"strings"

	"github.com/spf13/cobra"
)

// Verb is what a command says about itself.
type Verb struct {
	Use     string   // its name, and what it takes: "rename OLD NEW"
	Aliases []string // other names that do the same
	Summary string   // one sentence without its full stop
	Detail  string   // what else there is to know; may be empty
	Example string   // one command a line, without indentation
	Exits   []Exit   // in the order of their codes
	ReadOn  string   // the page of docs/ that says more
	Values  []string // what its one argument can be; nil: it takes no argument
	Hidden  bool     // for scripts of the image
	Raw     bool     // its words are not parsed here
	Shared  bool     // the agent has a verb of this name, too
}

// Exit is an exit code, or several, and what it means.
type Exit struct{ Code, Means string }

// Keys of cobra.Command.Annotations.
const (
	exitsKey  = "exit codes"
	readOnKey = "read on"
	sharedKey = "shared"
)

// New makes the command of a verb. The caller adds RunE, flags and, for a group, its verbs.
func New(v Verb) *cobra.Command {
	cmd := &cobra.Command{
		Use: v.Use, Aliases: v.Aliases, Short: v.Summary, Long: v.Detail, Example: v.Example, ValidArgs: v.Values,
		Hidden: v.Hidden, DisableFlagParsing: v.Raw, Annotations: map[string]string{},
	}
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(cmd) })
	lines := make([]string, 0, len(v.Exits))
	for _, e := range v.Exits {
		lines = append(lines, e.Code+" "+e.Means)
	}
	if len(lines) > 0 {
		cmd.Annotations[exitsKey] = strings.Join(lines, "\n")
	}
	if v.ReadOn != "" {
		cmd.Annotations[readOnKey] = v.ReadOn
	}
	if v.Shared {
		cmd.Annotations[sharedKey] = "true"
	}
	return cmd
}

// Exits lists the exit codes of a command.
func Exits(cmd *cobra.Command) []Exit {
	var exits []Exit
	for line := range strings.SplitSeq(cmd.Annotations[exitsKey], "\n") {
		if code, means, found := strings.Cut(line, " "); found {
			exits = append(exits, Exit{code, means})
		}
	}
	return exits
}

// ReadOn is the page of docs/ that says more about a command, or "".
func ReadOn(cmd *cobra.Command) string { return cmd.Annotations[readOnKey] }

// Shared reports whether the agent has a verb of this name, too.
func Shared(cmd *cobra.Command) bool { return cmd.Annotations[sharedKey] != "" }

// AddHelpFlag gives a command the flag --help, if it has none.
func AddHelpFlag(cmd *cobra.Command) {
	if cmd.Flags().Lookup("help") == nil {
		cmd.Flags().BoolP("help", "h", false, "show this help")
	}
}

// Usage is the command line of a command, with what it takes.
func Usage(cmd *cobra.Command) string {
	if cmd.HasSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	line := cmd.CommandPath()
	if _, takes, found := strings.Cut(cmd.Use, " "); found {
		line += " " + takes
	}
	if cmd.LocalFlags().HasAvailableFlags() {
		line += " [FLAGS]"
	}
	return line
}
