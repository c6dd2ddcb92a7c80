package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandPage describes a tree of commands; hidden ones get one line each.
func commandPage(root *cobra.Command) string {
	var b, scripts strings.Builder
	b.WriteString(`# Commands

What the image's ` + "`hermes`" + ` serves itself. Every other verb is the agent's: ` + "`hermes --help`" + ` lists them.
` + "`-p NAME`, `--profile NAME` or `--profile=NAME`" + ` before the verb chooses a profile. A wrong command line of the
verbs below exits 2. Each of them has ` + "`--help`" + `.
`)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		switch {
		case cmd.Hidden:
			row(&scripts, code(cmd.CommandPath()), cell(cmd.Short))
			return
		case cmd != root:
			command(&b, cmd)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
	b.WriteString("\n## For the image's own scripts\n\nNot for people; they may change with the image.\n\n")
	row(&b, "verb", "for")
	row(&b, "---", "---")
	b.WriteString(scripts.String())
	return b.String()
}

func command(b *strings.Builder, cmd *cobra.Command) {
	level := "###"
	if cmd.HasSubCommands() || cmd.Parent().Parent() == nil {
		level = "##"
	}
	fmt.Fprintf(b, "\n%s %s\n\n%s\n", level, cmd.CommandPath(), cmd.Long)
	usage := cmd.UseLine()
	if cmd.HasSubCommands() {
		usage = cmd.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(b, "\n```\n%s\n```\n", usage)
	if cmd.Example != "" {
		fmt.Fprintf(b, "\nFor example:\n\n```\n%s\n```\n", outdent(cmd.Example))
	}
	var flags strings.Builder
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind := f.Value.Type(); kind != "bool" && kind != "count" {
			name += " " + strings.ToUpper(kind)
		}
		row(&flags, code(name), cell(f.Usage))
	})
	if flags.Len() > 0 {
		b.WriteString("\n| flag | does |\n| --- | --- |\n" + flags.String())
	}
}

func outdent(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}
