package laws

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	namedAnchor  = regexp.MustCompile(`<a id="([^"]+)"></a>`)
)

// Links wants each relative link of the Markdown documents to lead to a file or folder of the tree, and
// a fragment to a heading or a named anchor of it.
func Links(tree Tree) []Violation {
	var found []Violation
	for page := range tree.Files("*.md") {
		for n, line := range page.Lines() {
			for _, m := range markdownLink.FindAllStringSubmatch(line, -1) {
				if why := deadLink(tree, page, m[1]); why != "" {
					found = append(found, Violation{page.Name, n, fmt.Sprintf("links to %q: %s", m[1], why)})
				}
			}
		}
	}
	return found
}

func deadLink(tree Tree, page File, link string) string {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return ""
	}
	target, fragment, _ := strings.Cut(link, "#")
	if target != "" {
		name := path.Join(path.Dir(page.Name), target)
		if !tree.Has(name) {
			return "there is no such file"
		}
		if fragment == "" {
			return ""
		}
		var isFile bool
		if page, isFile = tree.File(name); !isFile {
			return "a folder has no headings"
		}
	}
	for _, m := range heading.FindAllStringSubmatch(page.Text, -1) {
		if anchor(m[1]) == fragment {
			return ""
		}
	}
	for _, m := range namedAnchor.FindAllStringSubmatch(page.Text, -1) {
		if m[1] == fragment {
			return ""
		}
	}
	return "it has no such heading or anchor"
}

// anchor is what a heading is called in a link.
func anchor(title string) string {
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
}
