package laws

import (
	"strings"

	"caduceus/internal/repo/mermaid"
)

// Pictures wants each diagram of the Markdown documents to parse.
func Pictures(tree Tree) []Violation {
	var found []Violation
	for page := range tree.Files("*.md") {
		var diagram strings.Builder
		start := 0 // the line of its first statement; 0: outside of a diagram
		for n, line := range page.Lines() {
			switch fence := strings.TrimSpace(line); {
			case fence == "```mermaid":
				start = n + 1
				diagram.Reset()
			case start > 0 && fence == "```":
				for _, p := range mermaid.Check(diagram.String()) {
					found = append(found, Violation{page.Name, start + p.Line - 1, "the diagram does not parse: " + p.Text})
				}
				start = 0
			case start > 0:
				diagram.WriteString(line + "\n")
			}
		}
	}
	return found
}
