package completion

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
)

// agent is a script with another function's name than the real agent's. It knows gateway and chat.
const agent = `_other() {
    COMPREPLY=()
    case ${COMP_WORDS[*]:1:COMP_CWORD-1} in
        '') COMPREPLY=($(compgen -W "chat gateway" -- "$2")) ;;
        gateway) COMPREPLY=(list start) ;;
        chat) COMPREPLY=("after $3") ;;
    esac
}
complete -F _other hermes
`

// front is a hermes that knows its profiles.
const front = "#!/bin/sh\n[ \"$*\" = 'container profiles' ] && printf 'default\\ncoder\\n'\n"

func tree() *cobra.Command {
	root := command.New(command.Verb{Use: "hermes"})
	gateway := command.New(command.Verb{Use: "gateway", Shared: true})
	container := command.New(command.Verb{Use: "container", Summary: "Look at it"})
	start := command.New(command.Verb{Use: "start", Summary: "Start 'it': now"})
	start.Flags().BoolP("all", "a", false, "all of the user's")
	start.Flags().Bool("secret", false, "")
	_ = start.Flags().MarkHidden("secret")
	gateway.AddCommand(start, command.New(command.Verb{Use: "list", Raw: true}))
	doctor, main := command.New(command.Verb{Use: "doctor"}), command.New(command.Verb{Use: "main", Hidden: true})
	container.AddCommand(doctor, main)
	all := []*cobra.Command{gateway, container, command.New(command.Verb{Use: "completion", Values: Shells(), Shared: true})}
	for _, cmd := range append(all, start, doctor, main) {
		cmd.RunE = func(*cobra.Command, []string) error { return nil }
	}
	root.AddCommand(all...)
	return root
}

func TestBashCompletesTheFrontAndTheAgent(t *testing.T) {
	script, err := Script("bash", agent, tree())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hermes"), []byte(front), 0o755); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"|":                              "chat gateway container",
		"c|":                             "chat container",
		"x|":                             "",
		"container |":                    "doctor",
		"container -|":                   "-h --help",
		"container doctor |":             "-h --help",
		"gateway |":                      "list start",
		"gateway start |":                "-a --all -h --help",
		"gateway start --a|":             "--all",
		"gateway start --all |":          "-a --all -h --help",
		"-p coder gateway start --a|":    "--all",
		"--profile = coder gateway |":    "list start",
		"gateway -p coder start --a|":    "--all",
		"-p |":                           "default coder",
		"gateway start --profile |":      "default coder",
		"--profile =|":                   "default coder",
		"--profile = co|":                "coder",
		"--profile=coder gateway st|":    "list start",
		"completion |":                   "bash zsh fish",
		"completion z|":                  "zsh",
		"-p coder chat |":                "after chat",
		"chat --profile coder --quiet |": "",
	} {
		words := strings.Split(strings.TrimSuffix(line, "|"), " ")
		call := script + `
COMP_WORDS=(hermes "$@") COMP_CWORD=$#
f=$(complete -p hermes) f=${f#*-F } f=${f%% *}
$f hermes "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
echo "${COMPREPLY[*]}"`
		cmd := exec.CommandContext(t.Context(), "bash", append([]string{"-uc", call, "bash"}, words...)...)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("hermes %s offers %q (%v), want %q", line, got, err, want)
		}
	}
}

func TestDescriptionsAreQuotedForTheShell(t *testing.T) {
	for shell, want := range map[string][]string{
		"zsh": {
			`                '--all:all of the user'\''s'`, `        ('gateway start')`, `            'container:Look at it'`,
			"                'zsh'\n",
		},
		"fish": {
			`complete -c hermes -f -n '__hermes_at gateway start' -l all -d 'all of the user\'s'`,
			`complete -c hermes -f -n '__hermes_at gateway start' -s a -d 'all of the user\'s'`,
			`complete -c hermes -f -n __hermes_at -a 'container' -d 'Look at it'`,
			`complete -c hermes -f -n '__hermes_at completion' -a 'zsh'`,
			`-n "not __fish_seen_subcommand_from container chat" -a chat`,
		},
	} {
		script, err := Script(shell, "# agent\ncomplete -n \"not __fish_seen_subcommand_from chat\" -a chat\n", tree())
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(script, w) {
				t.Errorf("the script of %s lacks %s:\n%s", shell, w, script)
			}
		}
		for _, hidden := range []string{"secret", "main"} {
			if strings.Contains(script, hidden) {
				t.Errorf("the script of %s offers the hidden %s", shell, hidden)
			}
		}
	}
}
