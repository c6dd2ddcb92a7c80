package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"caduceus/internal/clause"
	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
)

func TestWhoAnswersACommandLine(t *testing.T) {
	clause.Proves(t, "CMD-07", "GW-03", "GW-08", "GW-14", "PROF-01", "PROF-04", "STATUS-01")
	const agent = "the agent"
	for line, want := range map[string]string{
		"":                               agent,
		"--help":                         agent,
		"--version":                      agent,
		"chat -q gateway":                agent,
		"dashboard --port 1":             agent,
		"gateway":                        "hermes gateway",
		"gateway run":                    "hermes gateway run",
		"gateway run --no-supervise -v":  "hermes gateway run",
		"--accept-hooks gateway run":     "hermes gateway run",
		"gateway --accept-hooks run":     "hermes gateway run",
		"gateway --accept-hooks":         "hermes gateway",
		"gateway run --help":             "hermes gateway run",
		"gateway run --bogus":            agent,
		"gateway run now":                agent,
		"gateway --bogus":                agent,
		"gateway --help":                 "hermes gateway",
		"gateway start":                  "hermes gateway start",
		"gateway stop --all":             "hermes gateway stop",
		"gateway restart --system":       "hermes gateway restart",
		"gateway status --json":          "hermes gateway status",
		"gateway install":                "hermes gateway install",
		"gateway uninstall":              "hermes gateway uninstall",
		"gateway setup":                  agent,
		"gateway list":                   agent,
		"gateway migrate-legacy":         agent,
		"profile":                        agent,
		"profile list":                   agent,
		"profile --help":                 agent,
		"profile create x":               "hermes profile create",
		"profile import x.tar.gz":        "hermes profile import",
		"profile install github.com/a/b": "hermes profile install",
		"profile create --help":          agent,
		"profile delete x --yes":         "hermes profile delete",
		"profile rename a b":             "hermes profile rename",
		"status":                         "hermes status",
		"status --deep":                  "hermes status",
		"status --help":                  agent,
		"doctor":                         "hermes doctor",
		"container doctor":               "hermes container doctor",
		"completion":                     "hermes completion",
		"completion zsh":                 "hermes completion",
		"mcp --help":                     agent,
		"-z gateway run":                 agent,
		"--json chat":                    agent,
		"anything run":                   agent,
	} {
		words := strings.Fields(line)
		var became []string
		a := newApp(Env{Args: append([]string{"hermes"}, words...), StartUID: 10000, Root: t.TempDir(), Exec: func(path string, argv, _ []string) error {
			became = append([]string{filepath.Base(path)}, argv[1:]...)
			return nil
		}})
		verb, rest := command.Find(a.tree(), words, gateway.AcceptHooks)
		got := verb.CommandPath()
		if want == agent {
			if err := command.Run(t.Context(), verb, rest); err != nil {
				t.Errorf("hermes %s: %v", line, err)
			}
			got = strings.Join(became, " ")
			want = strings.TrimSpace("hermes " + line)
		}
		if got != want {
			t.Errorf("hermes %s is answered by %q, want %q", line, got, want)
		}
	}
}

func TestFlagsAreNoNames(t *testing.T) {
	for line, want := range map[string]string{"": "", "a b": "a b", "--yes a -y": "a", "--from=a b": "b"} {
		if got := strings.Join(positional(strings.Fields(line)), " "); got != want {
			t.Errorf("positional(%q) = %q, want %q", line, got, want)
		}
	}
}

// visible calls do for each command of the tree that people see.
func visible(do func(*cobra.Command)) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				do(sub)
				walk(sub)
			}
		}
	}
	walk(Commands())
}

func TestEachVerbForPeopleHasASentenceAnExampleExitCodesAndAPage(t *testing.T) {
	seen := 0
	visible(func(cmd *cobra.Command) {
		seen++
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") || len(cmd.Short) > 90 {
			t.Errorf("%s needs a sentence of one line without its full stop, has %q", cmd.CommandPath(), cmd.Short)
		}
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		if len(command.Exits(cmd)) == 0 && !cmd.HasSubCommands() {
			t.Errorf("%s has no exit codes", cmd.CommandPath())
		}
		if info, err := os.Stat(filepath.Join("../../../docs", command.ReadOn(cmd))); err != nil || info.IsDir() {
			t.Errorf("%s names no page of docs to read on: %q", cmd.CommandPath(), command.ReadOn(cmd))
		}
	})
	if seen < 18 {
		t.Errorf("only %d verbs are visible", seen)
	}
}

func TestHelpSaysWhatHowAndWhere(t *testing.T) {
	visible(func(cmd *cobra.Command) {
		var out strings.Builder
		cmd.Root().SetOut(&out)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		parts := []string{cmd.Short + ".\n", "\nUsage:\n  " + cmd.CommandPath(), "\nFlags:\n", "\nExamples:\n  ", "\nRead on: docs/"}
		at := 0
		for _, part := range parts {
			next := strings.Index(out.String()[at:], part)
			if next < 0 {
				t.Errorf("help of %s lacks %q, or has it too early:\n%s", cmd.CommandPath(), part, out.String())
				break
			}
			at += next
		}
	})
}
