package pages

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Walked is the test that runs each page as a sequence.
const Walked = "TestCommandsOfTheDocumentsWork"

// Followed reports whether a file is a page that a user follows. What maintainers read, and what is generated, is not.
func Followed(name string) bool {
	dir, _ := path.Split(name)
	switch {
	case !strings.HasSuffix(name, ".md"):
		return false
	case name == "README.md":
		return true
	}
	top, below, _ := strings.Cut(dir, "/")
	return top == "docs" && !slices.Contains([]string{"", "adr/", "contributing/", "reference/", "spec/"}, below)
}

// Proof is how a command is known to work that does not run with its page.
type Proof struct {
	Command string
	Where   string // "ci", the name of a test function, or "never"
	Reason  string // only with "never"
}

// List is what tests/readme-commands.txt says.
type List struct {
	Proofs []Proof
	Apart  map[string]string // page -> why its commands do not run as a sequence
}

// Of returns how a command is known to work; ok is false where it runs with its page.
func (l List) Of(command string) (p Proof, ok bool) {
	for _, p := range l.Proofs {
		if p.Command == command {
			return p, true
		}
	}
	return Proof{}, false
}

// ParseList reads the list. Each entry is one line:
//
//	ci: COMMAND
//	TestName: COMMAND
//	never (REASON): COMMAND
//	apart (REASON): PAGE
func ParseList(text string) (List, error) {
	list := List{Apart: map[string]string{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		where, what, ok := strings.Cut(line, ": ")
		reason, bracketed := "", false
		if kind, rest, cut := strings.Cut(where, " ("); cut && (kind == "never" || kind == "apart") {
			where = kind
			reason, what, bracketed = strings.Cut(rest+": "+what, "): ")
			ok = ok && bracketed
		}
		switch {
		case !ok:
			return List{}, fmt.Errorf("cannot read line %d of the list of commands: want \"where: command\", got %q", n, line)
		case where == "apart":
			list.Apart[what] = reason
		default:
			list.Proofs = append(list.Proofs, Proof{Command: what, Where: where, Reason: reason})
		}
	}
	return list, nil
}
