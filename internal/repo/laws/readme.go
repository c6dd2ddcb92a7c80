package laws

import (
	"bufio"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Documents returns the patterns of the pages whose commands a reader types, README.md apart.
func Documents() []string {
	return []string{"docs/start/*.md", "docs/guide/*.md", "docs/operate/*.md", "docs/trust/*.md"}
}

// ReadmeCommand is one command of a fenced sh block.
type ReadmeCommand struct {
	Line int
	Text string // continuation lines joined by one space
}

// ReadmeCommands lists the commands of all "sh" blocks of a Markdown text.
func ReadmeCommands(text string) []ReadmeCommand {
	var (
		commands []ReadmeCommand
		inside   bool
		pending  string
		start    int
	)
	scanner := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), ">")) // blocks in quotes count
		switch {
		case line == "```sh":
			inside = true
			continue
		case strings.HasPrefix(line, "```"):
			inside = false
			continue
		case !inside || line == "" || strings.HasPrefix(line, "#"):
			continue
		}
		if pending == "" {
			start = n
		}
		if part, more := strings.CutSuffix(line, "\\"); more {
			pending += strings.TrimSpace(part) + " "
			continue
		}
		commands = append(commands, ReadmeCommand{start, stripComment(pending + line)})
		pending = ""
	}
	return commands
}

// stripComment removes a trailing "  # …" that explains a command.
func stripComment(command string) string {
	command, _, _ = strings.Cut(command, "  #")
	return strings.TrimSpace(command)
}

// Proof is how a command of the README is known to work.
type Proof struct {
	Command string
	Where   string // "ci", the name of a test function, or "never"
	Reason  string // only with "never"
}

// ParseProofs reads the list of README commands. Each entry is one line:
//
//	ci: COMMAND
//	TestName: COMMAND
//	never (REASON): COMMAND
func ParseProofs(text string) ([]Proof, error) {
	var proofs []Proof
	scanner := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		where, command, ok := strings.Cut(line, ": ")
		if !ok {
			return nil, fmt.Errorf("cannot read line %d of the list of README commands: want \"where: command\", got %q", n, line)
		}
		p := Proof{Command: command, Where: where}
		if rest, isNever := strings.CutPrefix(where, "never ("); isNever {
			p.Where, p.Reason = "never", strings.TrimSuffix(rest, ")")
		}
		proofs = append(proofs, p)
	}
	return proofs, scanner.Err()
}

// Readme wants each command of the documents (path -> text) in the list of proofs, and each entry of
// the list in a document; a command proven by "ci" stands in .ci/run, one proven by a test names a test
// that exists.
func Readme(documents map[string]string, ciScript string, proofs []Proof, tests map[string]bool) []Violation {
	const list = "tests/readme-commands.txt"
	byCommand := map[string]Proof{}
	for _, p := range proofs {
		byCommand[p.Command] = p
	}
	var found []Violation
	shown := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		for _, c := range ReadmeCommands(documents[name]) {
			shown[c.Text] = true
			if _, ok := byCommand[c.Text]; !ok {
				found = append(found, Violation{name, c.Line, fmt.Sprintf("shows %q, which is not in %s: say there how it is proven", c.Text, list)})
			}
		}
	}
	for _, p := range proofs {
		switch {
		case !shown[p.Command]:
			found = append(found, Violation{list, 0, fmt.Sprintf("has the stale entry %q: no document shows such a command", p.Command)})
		case p.Where == "ci" && !strings.Contains(ciScript, p.Command):
			found = append(found, Violation{list, 0, fmt.Sprintf("says that CI runs %q, but .ci/run does not", p.Command)})
		case p.Where == "never" && p.Reason == "":
			found = append(found, Violation{list, 0, fmt.Sprintf("gives no reason why %q is never run", p.Command)})
		case p.Where != "ci" && p.Where != "never" && !tests[p.Where]:
			found = append(found, Violation{list, 0, fmt.Sprintf("says that %s proves %q, but there is no such test", p.Where, p.Command)})
		}
	}
	return found
}
