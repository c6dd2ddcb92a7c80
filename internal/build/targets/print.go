package targets

import (
	"fmt"
	"io"
	"strings"
)

// List prints one line a target.
func List(w io.Writer, all []Target) {
	fmt.Fprint(w, "Builds, tests and publishes the container image of the Hermes Agent.\n\nUsage:\n  go tool mage [-v] TARGET...\n\nTargets:\n")
	width := 0
	for _, t := range all {
		width = max(width, len(t.Name))
	}
	for _, t := range all {
		fmt.Fprintf(w, "  %-*s  %s\n", width, t.Name, t.Summary)
	}
	fmt.Fprint(w, "\nUse \"go tool mage -h TARGET\" for what one does, takes and needs; -v shows all output of builds and tests.\n")
}

// Help prints all there is to say of a target.
func Help(w io.Writer, t Target) {
	fmt.Fprintf(w, "%s.\n\nUsage:\n  %s\n", t.Summary, t.Usage())
	if t.Text != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimRight(screen(t.Text), "\n"))
	}
	if t.Long != "" {
		fmt.Fprintf(w, "\nThe same as \"%s\".\n", t.Long)
	}
}

// screen is the text of a comment as a terminal shows it: the lines of a block are indented by two blanks
// and follow their heading at once.
func screen(text string) string {
	text = strings.ReplaceAll(text, ":\n\n\t", ":\n\t")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if block, ok := strings.CutPrefix(line, "\t"); ok {
			lines[i] = "  " + block
		}
	}
	return strings.Join(lines, "\n")
}
