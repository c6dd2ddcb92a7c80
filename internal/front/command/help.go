package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// writeHelp prints what a command is for, how to call it, what it takes, examples, and what it returns.
func writeHelp(cmd *cobra.Command) {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s.\n", cmd.Short)
	if cmd.Long != "" {
		fmt.Fprintf(w, "\n%s\n", cmd.Long)
	}
	section(w, "Usage", Usage(cmd))
	var verbs strings.Builder
	width := 0
	for _, name := range names(cmd) {
		width = max(width, len(name))
	}
	for _, name := range names(cmd) {
		fmt.Fprintf(&verbs, "%-*s  %s\n", width, name, child(cmd, name).Short)
	}
	section(w, "Commands", verbs.String())
	AddHelpFlag(cmd)
	section(w, "Flags", outdent(cmd.LocalFlags().FlagUsages()))
	section(w, "Examples", cmd.Example)
	var exits strings.Builder
	for _, e := range Exits(cmd) {
		fmt.Fprintf(&exits, "%-4s %s\n", e.Code, e.Means)
	}
	section(w, "Exit codes", exits.String())
	if verbs.Len() > 0 {
		fmt.Fprintf(w, "\n\"%s COMMAND --help\" says more about a command.\n", cmd.CommandPath())
	}
	if page := ReadOn(cmd); page != "" {
		fmt.Fprintf(w, "\nRead on: docs/%s in the repository of this image.\n", page)
	}
}

// section prints a heading and lines below it, nothing where there are no lines.
func section(w io.Writer, heading, lines string) {
	lines = strings.Trim(lines, "\n")
	if lines == "" {
		return
	}
	fmt.Fprintf(w, "\n%s:\n  %s\n", heading, strings.ReplaceAll(lines, "\n", "\n  "))
}

// outdent removes the indentation that all flags have in common.
func outdent(usages string) string {
	lines := strings.Split(usages, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}
