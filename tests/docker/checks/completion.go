package checks

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"caduceus/tests/docker/harness"
)

// BashCheck completes in the shell that the image has.
const BashCheck = "bash completes the verbs of the image and of the agent, and the profiles"

// completionChecks complete in real shells, as hermes, with the script that hermes prints.
// contract: NAME-02
func completionChecks() []Check {
	return []Check{
		{
			Name: BashCheck, Clauses: []string{"NAME-02"},
			Doc: `in bash evaluates "hermes completion bash", then asks the function for what follows some words`,
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startProfiles(ctx, s)
				if err != nil {
					return err
				}
				return completes(ctx, c, bashCompletes)
			},
		},
		{
			Name: "zsh and fish complete the same", Clauses: []string{"NAME-02"},
			Doc: "installs both, types words and Tab in a zsh on a terminal, and asks complete of fish; needs Debian's mirror, as the build does",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startProfiles(ctx, s)
				if err != nil {
					return err
				}
				res, err := c.Root(ctx, `apt-get -q update && apt-get -qy install --no-install-recommends zsh fish`)
				switch {
				case err != nil:
					return err
				case res.Code != 0:
					return violates("NAME-02", "cannot install the shells: %s", res)
				}
				return errors.Join(completes(ctx, c, zshCompletes), completes(ctx, c, fishCompletes))
			},
		},
	}
}

// startProfiles starts a container with a profile, and with directories whose names no profile can have; a careless
// shell would run one of them.
func startProfiles(ctx context.Context, s *harness.Subject) (*harness.Container, error) {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return nil, err
	}
	res, err := c.Sh(ctx, `cd "$HERMES_HOME/profiles" 2>/dev/null || { mkdir "$HERMES_HOME/profiles" && cd "$HERMES_HOME/profiles"; } || exit
for d in coder Upper '$(id>ran)'; do mkdir "$d" && touch "$d/SOUL.md" || exit; done`)
	if err == nil && res.Code != 0 {
		err = violates("NAME-02", "cannot make profiles: %s", res)
	}
	return c, err
}

// A shell's script gets lines as its arguments and prints for each "== " and the line, then what is offered.
const (
	bashCompletes = `exec bash -c '
eval "$(hermes completion bash)" && f=$(complete -p hermes) || exit
f=${f#*-F } f=${f%% *}
for line; do
  COMP_WORDS=($line) COMPREPLY=()
  case $line in *" ") COMP_WORDS+=("") ;; esac
  COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
  $f hermes "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
  echo "== $line"; printf "%s\n" "${COMPREPLY[@]}"
done' bash "$@"`

	fishCompletes = `exec fish -c '
hermes completion fish | source
for line in $argv
  echo "== $line"; complete -C $line
end' "$@"`

	// zsh completes on a terminal only. ^U drops the line that was typed; echo tells that its list is out.
	zshCompletes = `export TERM=dumb; exec timeout 480 zsh -fc '
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "LISTMAX=1000; autoload -Uz compinit; compinit -u -D; eval \"\$(hermes completion zsh)\"; PS1=typ\"\"ehere:"
for line; do
  zpty -r -m z out "*typehere:*" || exit
  zpty -w -n z "$line"$'"'\\t'"'
  zpty -w -n z $'"'\\x15'"'"echo all\"\"offered"$'"'\\n'"'
  zpty -r -m z out "*alloffered*" || exit
  print -r -- "== $line"; print -r -- "$out"
done
zpty -d z' zsh "$@"`
)

// offers is what a shell must, and must not, offer after a line.
type offers struct {
	line       string
	with, none []string
}

func completionTable() []offers {
	verbs := []string{"start", "stop", "restart", "status", "install", "uninstall", "run", "setup", "list"}
	return []offers{
		{"hermes cont", []string{"container"}, nil},
		{"hermes c", []string{"container", "chat", "cron"}, nil},
		{"hermes container ", []string{"apt-restore", "doctor", "health"}, []string{"reconcile", "chat"}},
		{"hermes container doctor --", []string{"--json", "--help"}, []string{"--all"}},
		{"hermes gateway ", verbs, nil},
		{"hermes -p coder gateway ", verbs, nil},
		{"hermes -p coder gateway status --", []string{"--json"}, []string{"--all"}},
		{"hermes gateway stop --", []string{"--all"}, []string{"--json"}},
		{"hermes -p ", []string{"default", "coder"}, []string{"id", "pper"}},
		{"hermes profile delete ", []string{"default", "coder"}, []string{"id", "pper"}},
		{"hermes completion ", []string{"bash", "zsh", "fish"}, nil},
	}
}

// completes runs a shell's script on the table and judges what it offers.
func completes(ctx context.Context, c *harness.Container, script string) error {
	table := completionTable()
	cmd := []string{"sh", "-c", script, "sh"}
	for _, o := range table {
		cmd = append(cmd, o.line)
	}
	res, err := c.Exec(ctx, harness.Exec{Cmd: cmd, Dir: "/opt/data"})
	if err != nil {
		return err
	}
	var all []error
	for _, o := range table {
		_, after, _ := strings.Cut("\n"+res.Stdout, "\n== "+o.line+"\n")
		answer, _, _ := strings.Cut(after, "\n== ")
		found := regexp.MustCompile(`[a-z-]+`).FindAllString(answer, -1)
		lacks := slices.DeleteFunc(slices.Clone(o.with), func(w string) bool { return slices.Contains(found, w) })
		wrong := slices.DeleteFunc(slices.Clone(o.none), func(w string) bool { return !slices.Contains(found, w) })
		if len(lacks)+len(wrong) > 0 {
			all = append(all, violates("NAME-02", "%q lacks %q, offers wrongly %q: %q; exit code %d, stderr %q", o.line, lacks, wrong, answer, res.Code, res.Stderr))
		}
	}
	ran, err := c.Sh(ctx, `ls /opt/data/ran`)
	if err == nil && ran.Code == 0 {
		err = violates("NAME-02", "the name of a directory was run: %s", ran)
	}
	return errors.Join(append(all, err)...)
}
