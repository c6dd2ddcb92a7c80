package laws

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// decisionsIndex lists the decisions.
const decisionsIndex = "docs/adr/README.md"

var (
	decisionTitle  = regexp.MustCompile(`^# (\d{4}): (.+)\n\n`)
	decisionStatus = regexp.MustCompile(`(?m)^Status: (proposed|accepted|superseded by \[\d{4}\]\(\S+\)), (\d{4}-\d\d-\d\d)\.$`)
)

// Decisions wants each page of docs/adr in one form, with a number of its own, and a row of it in the index.
func Decisions(tree Tree) []Violation {
	index, _ := tree.File(decisionsIndex)
	var found []Violation
	numbers := map[string]string{}
	for page := range tree.Files("docs/adr/[0-9]*.md") {
		refuse := func(format string, a ...any) {
			found = append(found, Violation{page.Name, 0, fmt.Sprintf(format, a...)})
		}
		name := path.Base(page.Name)
		title, status := decisionTitle.FindStringSubmatch(page.Text), decisionStatus.FindStringSubmatch(page.Text)
		if title == nil || !strings.HasPrefix(name, title[1]+"-") {
			refuse("does not begin with \"# NUMBER: TITLE\", the number as in its name")
			continue
		}
		if status == nil {
			refuse("has no line \"Status: accepted, 2026-01-31.\" (or proposed, or superseded by a link)")
			continue
		}
		if other, twice := numbers[title[1]]; twice {
			refuse("has the number of %s: give it the next free one", other)
		}
		numbers[title[1]] = name
		for _, part := range []string{"Context", "Decision", "Refused", "What would change our mind"} {
			if !strings.Contains(page.Text, "\n**"+part+".**") {
				refuse("has no paragraph \"**%s.**\"", part)
			}
		}
		if row := fmt.Sprintf("| [%s](%s) | %s | %s | %s |", title[1], name, title[2], status[1], status[2]); !slices.Contains(strings.Split(index.Text, "\n"), row) {
			found = append(found, Violation{decisionsIndex, 0, "has no row " + row})
		}
	}
	return found
}
