package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// UsageError is a command line that a verb of the tree cannot use.
type UsageError struct {
	Command string // whose help says more
	Problem string // one line: what is wrong, and the fix where it is plain
}

func (e *UsageError) Error() string { return fmt.Sprintf("%s; see: %s --help", e.Problem, e.Command) }

// Wrong returns a UsageError about the command line of cmd.
func Wrong(cmd *cobra.Command, format string, v ...any) error {
	return &UsageError{Command: cmd.CommandPath(), Problem: fmt.Sprintf(format, v...)}
}

// Find follows the leading words down the tree, and returns the last command that they name and the
// words after it. Any other word ends the search, also a flag: only its owner knows whether the next
// word is its value. Flags in skip are passed over between the words.
func Find(root *cobra.Command, words []string, skip ...string) (cmd *cobra.Command, rest []string) {
	cmd, rest = root, words
	for i := 0; i < len(words) && cmd.HasSubCommands(); i++ {
		if slices.Contains(skip, words[i]) {
			if i+1 == len(words) {
				rest = nil
			}
			continue
		}
		sub := child(cmd, words[i])
		if sub == nil {
			break
		}
		cmd, rest = sub, words[i+1:]
	}
	return cmd, rest
}

func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name || sub.HasAlias(name) {
			return sub
		}
	}
	return nil
}

// Run parses the words after a command, and runs it. The error is a *UsageError if something is wrong with them; a
// raw command takes them as they are.
func Run(ctx context.Context, cmd *cobra.Command, words []string) error {
	cmd.SetContext(ctx)
	if cmd.DisableFlagParsing {
		return cmd.RunE(cmd, words)
	}
	if err := Misplaced(cmd, words); err != nil {
		return err
	}
	AddHelpFlag(cmd)
	if err := cmd.ParseFlags(words); err != nil {
		return Wrong(cmd, "%s", flagProblem(cmd, err))
	}
	if help, err := cmd.Flags().GetBool("help"); err == nil && help || cmd.RunE == nil && len(words) == 0 {
		return cmd.Help()
	}
	args := cmd.Flags().Args()
	if problem := argProblem(cmd, args); problem != "" {
		return Wrong(cmd, "%s", problem)
	}
	return cmd.RunE(cmd, args)
}

// Misplaced is the error about flags that stand before the verb of a group that has them. Before a verb
// that the agent has, too, a flag of the whole command line is the agent's.
func Misplaced(group *cobra.Command, words []string) error {
	at := slices.IndexFunc(words, func(word string) bool { return !strings.HasPrefix(word, "-") })
	if at <= 0 {
		return nil
	}
	verb, rest := Find(group, words[at:])
	if verb == group || verb.HasSubCommands() || !group.HasParent() && Shared(top(verb)) {
		return nil
	}
	for _, flag := range words[:at] {
		if !has(verb, flag) {
			return nil
		}
	}
	right := strings.Join(append(append([]string{verb.CommandPath()}, words[:at]...), rest...), " ")
	return Wrong(verb, "%s belongs after the verb: %s", strings.Join(words[:at], " "), right)
}

// top is the command right below the root that a command belongs to.
func top(cmd *cobra.Command) *cobra.Command {
	for cmd.HasParent() && cmd.Parent().HasParent() {
		cmd = cmd.Parent()
	}
	return cmd
}

// has reports whether a command has a flag, as it stands on a command line.
func has(cmd *cobra.Command, word string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	if strings.HasPrefix(word, "--") {
		return cmd.Flags().Lookup(name) != nil
	}
	return len(name) == 1 && cmd.Flags().ShorthandLookup(name) != nil
}

// argProblem returns what is wrong with the arguments of a command, or "".
func argProblem(cmd *cobra.Command, args []string) string {
	switch {
	case len(args) == 0:
		return ""
	case cmd.HasSubCommands():
		return fmt.Sprintf("unknown verb %q of %s%s", args[0], cmd.CommandPath(), didYouMean(args[0], names(cmd)))
	case len(cmd.ValidArgs) == 0:
		return fmt.Sprintf("unknown word %q: %s takes none%s", args[0], cmd.CommandPath(), didYouMean("--"+args[0], flags(cmd)))
	case !slices.Contains(cmd.ValidArgs, args[0]):
		_, kind, _ := strings.Cut(cmd.Use, " ")
		return fmt.Sprintf("unknown %s %q, known are %s%s", strings.ToLower(strings.Trim(kind, "[]")), args[0],
			strings.Join(cmd.ValidArgs, ", "), didYouMean(args[0], cmd.ValidArgs))
	case len(args) > 1:
		return fmt.Sprintf("unknown word %q: %s takes one", args[1], cmd.CommandPath())
	}
	return ""
}

// flagProblem returns what is wrong with a flag of a command.
func flagProblem(cmd *cobra.Command, err error) string {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		flag := dashed(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames() != "")
		return fmt.Sprintf("unknown flag %s of %s%s", flag, cmd.CommandPath(), didYouMean(flag, flags(cmd)))
	}
	if lacks, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Sprintf("%s needs a value", dashed(lacks.GetSpecifiedName(), lacks.GetSpecifiedShortnames() != ""))
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		if invalid.GetFlag().Value.Type() == "bool" {
			return fmt.Sprintf("--%s takes no value, got %q", invalid.GetFlag().Name, invalid.GetValue())
		}
		return errors.Unwrap(invalid).Error()
	}
	return err.Error()
}

func dashed(name string, short bool) string {
	if short {
		return "-" + name
	}
	return "--" + name
}

// names lists the verbs of a group that people see.
func names(cmd *cobra.Command) []string {
	var all []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			all = append(all, sub.Name())
		}
	}
	return all
}

// flags lists the flags of a command that people see.
func flags(cmd *cobra.Command) []string {
	var names []string
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}
