package completion

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:embed script
var scripts embed.FS

// Shells are those that a script can be made for, the agent's default first.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Check refuses a shell that no script can be made for.
func Check(shell string) error {
	if !slices.Contains(Shells(), shell) {
		return fmt.Errorf("unknown shell %q, known are %s", shell, strings.Join(Shells(), ", "))
	}
	return nil
}

// word is what a user may type next.
type word struct{ Name, Text string }

// level is what may follow some words.
type level struct {
	Path  string // the words after hermes, without flags and profile
	Words []word
	Flags []word
}

// Script is the completion script of a shell: agent, the script of the agent, and the verbs of the tree.
// known names verbs of the tree whose next word the agent completes already.
func Script(shell, agent string, tree *cobra.Command, known ...string) (string, error) {
	if err := Check(shell); err != nil {
		return "", err
	}
	top, levels := levels(tree, known)
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
func levels(tree *cobra.Command, known []string) (top []word, all []level) {
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
		if slices.Contains(known, path) && len(at.Words) > 0 {
			return
		}
		for _, arg := range cmd.ValidArgs {
			at.Words = append(at.Words, word{arg, ""})
		}
		at.Flags = flags(cmd)
		all = append(all, at)
	}
	for _, cmd := range tree.Commands() {
		if !slices.Contains(known, cmd.Name()) {
			top = append(top, word{cmd.Name(), cmd.Short})
		}
		walk(cmd, cmd.Name())
	}
	return top, all
}

func flags(cmd *cobra.Command) []word {
	var all []word
	cmd.InitDefaultHelpFlag()
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if f.Shorthand != "" {
			all = append(all, word{"-" + f.Shorthand, f.Usage})
		}
		all = append(all, word{"--" + f.Name, f.Usage})
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
