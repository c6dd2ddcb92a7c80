package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"caduceus/internal/front/command"
)

// commandPage describes a tree of commands; hidden ones get one line each.
func commandPage(root *cobra.Command) string {
	var b, scripts strings.Builder
	b.WriteString(`# Commands

What the image's ` + "`hermes`" + ` serves itself. Every other command is the agent's: ` + "`hermes --help`" + ` lists them.
` + "`-p NAME`, `--profile NAME` or `--profile=NAME`" + ` before the command chooses a profile. A wrong command line of the
commands below exits 2. Each of them has ` + "`--help`" + `.
`)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		switch {
		case cmd.Hidden:
			row(&scripts, code(cmd.CommandPath()), cell(cmd.Short))
			return
		case cmd != root:
			verb(&b, cmd)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
	b.WriteString("\n## For the image's own scripts\n\nNot for people; they may change with the image.\n\n")
	row(&b, "command", "for")
	row(&b, "---", "---")
	b.WriteString(scripts.String())
	return b.String()
}

func verb(b *strings.Builder, cmd *cobra.Command) {
	level := "###"
	if cmd.HasSubCommands() || cmd.Parent().Parent() == nil {
		level = "##"
	}
	fmt.Fprintf(b, "\n%s %s\n\n%s.\n", level, cmd.CommandPath(), cmd.Short)
	if cmd.Long != "" {
		fmt.Fprintf(b, "\n%s\n", cmd.Long)
	}
	fmt.Fprintf(b, "\n```\n%s\n```\n", command.Usage(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(b, "\nFor example:\n\n```\n%s\n```\n", cmd.Example)
	}
	var flags, exits strings.Builder
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value, text := pflag.UnquoteUsage(f)
		row(&flags, code(strings.TrimSpace(name+" "+value)), cell(text))
	})
	table(b, &flags, "flag", "does")
	for _, e := range command.Exits(cmd) {
		row(&exits, code(e.Code), cell(e.Means))
	}
	table(b, &exits, "exit code", "means")
	if page := command.ReadOn(cmd); page != "" {
		fmt.Fprintf(b, "\nRead on: [%s](../%s).\n", page, page)
	}
}

// table writes rows below a head, nothing where there are no rows.
func table(b, rows *strings.Builder, head ...string) {
	if rows.Len() == 0 {
		return
	}
	b.WriteString("\n")
	row(b, head...)
	row(b, slices.Repeat([]string{"---"}, len(head))...)
	b.WriteString(rows.String())
}
