package command

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"caduceus/internal/clause"
)

// tree is a front with a verb that the agent has, too (gateway), and one that it lacks (container).
func tree(ran *[]string) *cobra.Command {
	verb := func(v Verb) *cobra.Command {
		cmd := New(v)
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*ran = append([]string{cmd.CommandPath()}, args...)
			return nil
		}
		return cmd
	}
	root, gateway := verb(Verb{Use: "hermes", Raw: true}), verb(Verb{Use: "gateway", Raw: true, Shared: true})
	container, start, doctor := New(Verb{Use: "container"}), verb(Verb{Use: "start", Aliases: []string{"up"}}), verb(Verb{Use: "doctor"})
	for _, cmd := range []*cobra.Command{start, doctor} {
		cmd.Flags().Bool("all", false, "all")
		cmd.Flags().String("name", "", "a `NAME`")
	}
	gateway.AddCommand(start)
	container.AddCommand(doctor, verb(Verb{Use: "main WORD...", Hidden: true, Raw: true}))
	root.AddCommand(gateway, container, verb(Verb{Use: "completion [SHELL]", Values: []string{"bash", "zsh"}, Shared: true}))
	return root
}

func TestAVerbIsFoundByTheLeadingWords(t *testing.T) {
	clause.Proves(t, "GW-03", "CMD-07")
	for line, want := range map[string]string{
		"":                          "hermes |",
		"chat gateway start":        "hermes | chat gateway start",
		"gateway start x":           "hermes gateway start | x",
		"gateway up":                "hermes gateway start |",
		"gateway setup --all":       "hermes gateway | setup --all",
		"gateway --all start":       "hermes gateway | --all start",
		"-z gateway start":          "hermes | -z gateway start",
		"--yes gateway --yes start": "hermes gateway start |",
		"gateway --yes":             "hermes gateway |",
		"gateway start --yes":       "hermes gateway start | --yes",
		"--yes chat":                "hermes | --yes chat",
		"container main -- --help":  "hermes container main | -- --help",
	} {
		cmd, rest := Find(tree(new([]string)), strings.Fields(line), "--yes")
		if got := strings.TrimSpace(cmd.CommandPath() + " | " + strings.Join(rest, " ")); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestTheWordsAfterAVerb(t *testing.T) {
	for line, want := range map[string]string{
		"gateway setup --all":           "ran hermes gateway setup --all",
		"gateway start --all":           "ran hermes gateway start",
		"completion zsh":                "ran hermes completion zsh",
		"container main --help":         "ran hermes container main --help",
		"gateway start --al":            `unknown flag --al of hermes gateway start; did you mean "--all"?; see: hermes gateway start --help`,
		"gateway start --bogus":         "unknown flag --bogus of hermes gateway start; see: hermes gateway start --help",
		"gateway start -x":              "unknown flag -x of hermes gateway start; see: hermes gateway start --help",
		"gateway start --name":          "--name needs a value; see: hermes gateway start --help",
		"gateway start --all=maybe":     `--all takes no value, got "maybe"; see: hermes gateway start --help`,
		"gateway start all":             `unknown word "all": hermes gateway start takes none; did you mean "--all"?; see: hermes gateway start --help`,
		"container --all doctor":        "--all belongs after the verb: hermes container doctor --all; see: hermes container doctor --help",
		"--all container doctor":        "ran hermes --all container doctor",
		"container --bogus doctor":      "unknown flag --bogus of hermes container; see: hermes container --help",
		"container doctr":               `unknown verb "doctr" of hermes container; did you mean "doctor"?; see: hermes container --help`,
		"container mian":                `unknown verb "mian" of hermes container; see: hermes container --help`,
		"completion Zsh":                `unknown shell "Zsh", known are bash, zsh; did you mean "zsh"?; see: hermes completion --help`,
		"completion bash zsh":           `unknown word "zsh": hermes completion takes one; see: hermes completion --help`,
		"container doctor --all --help": "",
	} {
		var ran []string
		root := tree(&ran)
		root.SetOut(new(strings.Builder))
		cmd, rest := Find(root, strings.Fields(line))
		got := ""
		if err := Run(t.Context(), cmd, rest); err != nil {
			got = err.Error()
		} else if ran != nil {
			got = "ran " + strings.Join(ran, " ")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("hermes %s: %s", line, diff)
		}
	}
}

func TestAFlagBeforeAVerbThatTheAgentHasIsTheAgents(t *testing.T) {
	clause.Proves(t, "CMD-07")
	root := tree(new([]string))
	if err := Misplaced(root, []string{"--all", "gateway", "start"}); err != nil {
		t.Errorf("the front answers: %v", err)
	}
	if err := Misplaced(root, []string{"--all", "container", "doctor"}); err == nil {
		t.Error("a flag before a verb of the front alone is not named")
	}
}

func TestTheVerbThatWasMeant(t *testing.T) {
	clause.Proves(t, "GW-22")
	for line, want := range map[string]string{
		"":               "",
		"gatway start":   `hermes: did you mean "hermes gateway"?`,
		"chta":           `hermes: did you mean "hermes chat"?`,
		"chat":           "",
		"--gatway":       "",
		"something else": "",
		"gateway sttar":  `hermes: did you mean "hermes gateway start"?`,
		"gateway setup":  "",
	} {
		cmd, rest := Find(tree(new([]string)), strings.Fields(line))
		if got := Suggest(cmd, rest, []string{"chat"}); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	for words, want := range map[string]string{
		"gateway run":      `hermes: "gateway run" is one word, and should be 2: gateway run`,
		"what is the time": "",
	} {
		if got := Suggest(tree(new([]string)), []string{words}, nil); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}
