package completion

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"caduceus/internal/front/command"
)

//go:embed script
var scripts embed.FS

// Shells are those that a script can be made for, the agent's default first.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// word is what a user may type next.
type word struct{ Name, Text string }

// level is what may follow some words.
type level struct {
	Path  string // the words after hermes, without flags and profile
	Words []word
	Flags []word
}

// Script is the completion script of a known shell: agent, the script of the agent, and the verbs of the
// tree. What the agent has, too, its own script completes, but for the flags.
func Script(shell, agent string, tree *cobra.Command) (string, error) {
	top, levels := levels(tree)
	if shell == "fish" { // the agent offers its verbs until it sees one, and ours it does not know
		const unseen = "not __fish_seen_subcommand_from "
		agent = strings.ReplaceAll(agent, unseen, unseen+names(top)+" ")
	}
	t, err := template.New(shell).Funcs(template.FuncMap{
		"sh": shQuote, "fish": fishQuote, "names": names, "described": described, "flag": fishFlag,
	}).ParseFS(scripts, "script/"+shell)
	if err != nil {
		return "", fmt.Errorf("cannot read the script of %s: %w", shell, err)
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(agent, "\n") + "\n\n")
	err = t.Execute(&b, struct {
		Top    []word
		Levels []level
	}{top, levels})
	return b.String(), err
}

// levels lists the verbs that the agent lacks, and what may follow each verb.
func levels(tree *cobra.Command) (top []word, all []level) {
	var walk func(cmd *cobra.Command, path string)
	walk = func(cmd *cobra.Command, path string) {
		at := level{Path: path}
		for _, sub := range cmd.Commands() {
			if sub.Hidden {
				continue
			}
			at.Words = append(at.Words, word{sub.Name(), sub.Short})
			walk(sub, path+" "+sub.Name())
		}
		if command.Shared(cmd) && len(at.Words) > 0 || cmd.DisableFlagParsing && !cmd.HasLocalFlags() {
			return
		}
		for _, arg := range cmd.ValidArgs {
			at.Words = append(at.Words, word{arg, ""})
		}
		at.Flags = flags(cmd)
		all = append(all, at)
	}
	for _, cmd := range tree.Commands() {
		if !command.Shared(cmd) {
			top = append(top, word{cmd.Name(), cmd.Short})
		}
		walk(cmd, cmd.Name())
	}
	return top, all
}

func flags(cmd *cobra.Command) []word {
	var all []word
	command.AddHelpFlag(cmd)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		_, text := pflag.UnquoteUsage(f)
		if f.Shorthand != "" {
			all = append(all, word{"-" + f.Shorthand, text})
		}
		all = append(all, word{"--" + f.Name, text})
	})
	return all
}

func names(words []word) string {
	var all []string
	for _, w := range words {
		all = append(all, w.Name)
	}
	return strings.Join(all, " ")
}

// described is a word as _describe of zsh takes it.
func described(w word) string {
	if w.Text == "" {
		return shQuote(w.Name)
	}
	return shQuote(w.Name + ":" + w.Text)
}

func shQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// fishFlag is a flag as the options of complete of fish.
func fishFlag(w word) string {
	if long, found := strings.CutPrefix(w.Name, "--"); found {
		return "-l " + long
	}
	return "-s " + strings.TrimPrefix(w.Name, "-")
}
