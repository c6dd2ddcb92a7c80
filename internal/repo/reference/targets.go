package reference

import (
	"fmt"
	"strings"

	"caduceus/internal/build/targets"
)

// targetPage has a table of the targets, and a section of each.
func targetPage(all []targets.Target) string {
	var b strings.Builder
	b.WriteString("# Targets of mage\n\nRun with `go tool mage TARGET`; `-v` before a target shows all output. `go tool mage -l` and\n" +
		"`go tool mage -h TARGET` print what is here. The variables are in [environment.md](environment.md#build-tests-and-publication).\n\n")
	row(&b, "target", "does")
	row(&b, "---", "---")
	for _, t := range all {
		row(&b, fmt.Sprintf("[%s](#%s)", code(t.Name), strings.ReplaceAll(strings.ToLower(t.Name), ":", "")), cell(t.Summary))
	}
	for _, t := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```\n%s\n```\n", t.Name, t.Summary, t.Usage())
		if t.Text != "" {
			fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(strings.ReplaceAll(t.Text, "\t", "    "), "\n"))
		}
	}
	return b.String()
}
