package reference

import (
	"fmt"
	"strings"

	"caduceus/internal/build/below"
)

// fixedShown is how many CVEs a row names; of a browser there are hundreds.
const fixedShown = 6

// belowPage has the table of what lies below the agent.
func belowPage(t below.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What lies below the agent\n\nAs of %s, by `go tool mage below`, in an image built that day: what it ships, the newest in the same registry (of Debian: for\n"+
		"its release 13), and what the changelog of Debian's package says it fixed since that release came out. What follows from it, and when\nan image is to be built again: "+
		"[when to build again](../operate/below.md). Of a container at hand, `hermes container version` says the versions.\n\n", t.Day)
	row(&b, "part", "for", "package", "shipped", "newest", "fixed in Debian 13")
	row(&b, "---", "---", "---", "---", "---", "---")
	for _, r := range t.Rows {
		shipped, newest := cell(r.Shipped), "the same"
		if r.Release != "" {
			shipped = r.Release + " (" + shipped + ")"
		}
		if r.Newest != r.Shipped {
			newest = "**" + cell(r.Newest) + "**"
		}
		row(&b, r.Name, cell(r.Use), r.Registry+": "+code(r.Package), shipped, newest, fixed(r))
	}
	b.WriteString("\n## Bugs that lose data\n\nThose we know of, and what is done about them.\n\n")
	row(&b, "part", "where", "here")
	row(&b, "---", "---", "---")
	for _, l := range below.Losses() {
		row(&b, l.Part, cell(l.Where), cell(l.Here))
	}
	return b.String()
}

func fixed(r below.Row) string {
	named := r.Fixed
	if len(named) <= fixedShown {
		return strings.Join(named, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(named[:fixedShown], ", "), len(named)-fixedShown)
}
