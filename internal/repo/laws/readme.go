package laws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"caduceus/internal/repo/pages"
)

// commandList says which commands of the pages do not run with their page.
const commandList = "tests/readme-commands.txt"

// Followed wants each page (path -> text) to be one that a reader can follow from its top to its end, as far as that
// can be said without an engine. Pages whose commands do not run as a sequence are left out.
func Followed(documents map[string]string, list pages.List) []Violation {
	var found []Violation
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		if _, apart := list.Apart[name]; apart {
			continue
		}
		for _, f := range pages.Read(documents[name]).Findings() {
			found = append(found, Violation{name, f.Line, f.Text})
		}
	}
	return found
}

// Readme wants each entry of the list in a document (path -> text); a command proven by "ci" is in .ci/run, one proven
// by a test names a test that exists. All other commands run with their page.
func Readme(documents map[string]string, ciScript string, list pages.List, tests map[string]bool) []Violation {
	var found []Violation
	wrong := func(format string, args ...any) {
		found = append(found, Violation{commandList, 0, fmt.Sprintf(format, args...)})
	}
	shown := map[string]bool{}
	for _, text := range documents {
		for _, c := range pages.Read(text).Commands() {
			shown[c.Text] = true
		}
	}
	for _, p := range list.Proofs {
		switch {
		case p.Where == pages.Walked:
			wrong("names %s for %q: it runs all commands of a page that have no entry; delete the line", p.Where, p.Command)
		case !shown[p.Command]:
			wrong("has the stale entry %q: no document shows such a command", p.Command)
		case p.Where == "ci" && !strings.Contains(ciScript, p.Command):
			wrong("says that CI runs %q, but .ci/run does not", p.Command)
		case p.Where == "never" && p.Reason == "":
			wrong("gives no reason why %q is never run", p.Command)
		case p.Where != "ci" && p.Where != "never" && !tests[p.Where]:
			wrong("says that %s proves %q, but there is no such test", p.Where, p.Command)
		}
	}
	for page, reason := range list.Apart {
		switch _, there := documents[page]; {
		case !there:
			wrong("names the page %q, which is not there", page)
		case reason == "":
			wrong("gives no reason why %q is not run as a sequence", page)
		}
	}
	return found
}
