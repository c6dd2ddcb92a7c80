//go:build docker

package recipes

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/repo/laws"
)

// root is the repository.
const root = "../../.."

var (
	nameInRecipe     = regexp.MustCompile(`--name (\S+)`)
	volumeInRecipe   = regexp.MustCompile(`-v ~/(\S+):/opt/data`)
	questionInRecipe = regexp.MustCompile(` (?:gateway status|container (?:doctor|health))\b`)
	asksHermes       = regexp.MustCompile(`^docker (?:exec|logs|restart|start|stop) (?:.* )?hermes(?: |$)`)
)

// Each page has a home of its own. tests/readme-commands.txt lists which commands run here; the others need a terminal
// or more than one file, and have a test each.
func TestCommandsOfTheDocumentsWork(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile(filepath.Join(root, "tests/readme-commands.txt"))
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := laws.ParseProofs(string(list))
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{}
	for _, p := range proofs {
		if p.Where == t.Name() {
			ours[p.Command] = true
		}
	}
	var pages []string
	for _, pattern := range laws.Documents() {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("want pages at %s, got %v", pattern, err)
		}
		pages = append(pages, found...)
	}
	ran := map[string]bool{}
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var commands []string
		for _, c := range laws.ReadmeCommands(string(text)) {
			if ours[c.Text] {
				commands = append(commands, c.Text)
				ran[c.Text] = true
			}
		}
		if len(commands) > 0 {
			t.Run(filepath.Base(page), func(t *testing.T) { follow(newUser(t), commands) })
		}
	}
	for command := range ours {
		if !ran[command] {
			t.Errorf("no page has the command %q", command)
		}
	}
}

// follow runs commands as a reader would, who waits for a gateway before going on. Where a page asks a container
// before it starts one, that of README is there.
func follow(u *user, commands []string) {
	first := slices.IndexFunc(commands, asksHermes.MatchString)
	if first >= 0 && !slices.ContainsFunc(commands[:first], func(c string) bool { return strings.Contains(c, "--name hermes ") }) {
		u.ok(runLine)
		u.gateway("hermes", ".hermes")
	}
	u.afterwards("docker volume rm -f " + u.id + "; docker rmi -f hermes-agent:previous")
	for _, command := range commands {
		u.Log(command)
		command = strings.ReplaceAll(command, "-v hermes-data:", "-v "+u.id+":")
		name := nameInRecipe.FindStringSubmatch(command)
		if name != nil {
			u.ok("docker rm -f " + name[1] + " >/dev/null 2>&1 || :") // of the command before
		}
		if questionInRecipe.MatchString(command) { // the answer is "no" while a gateway restarts
			u.untilOK("yes to "+command, command)
		} else {
			u.ok(command)
		}
		if name != nil && strings.HasSuffix(command, " gateway run") {
			data := ".hermes"
			if m := volumeInRecipe.FindStringSubmatch(command); m != nil {
				data = m[1]
			}
			u.gateway(name[1], data)
		}
	}
}
