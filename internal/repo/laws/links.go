package laws

import (
	"fmt"
	"io/fs"
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
func Links(tree fs.FS) ([]Violation, error) {
	var found []Violation
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skippedDir(d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".md":
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(text), "\n") {
			for _, m := range markdownLink.FindAllStringSubmatch(line, -1) {
				if why := deadLink(tree, name, string(text), m[1]); why != "" {
					found = append(found, Violation{name, n + 1, fmt.Sprintf("links to %q: %s", m[1], why)})
				}
			}
		}
		return nil
	})
	return found, err
}

func deadLink(tree fs.FS, from, text, link string) string {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return ""
	}
	target, fragment, _ := strings.Cut(link, "#")
	if target != "" {
		target = path.Join(path.Dir(from), target)
		if _, err := fs.Stat(tree, target); err != nil {
			return "there is no such file"
		}
		if fragment == "" {
			return ""
		}
		content, err := fs.ReadFile(tree, target)
		if err != nil {
			return "a folder has no headings"
		}
		text = string(content)
	}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		if anchor(m[1]) == fragment {
			return ""
		}
	}
	for _, m := range namedAnchor.FindAllStringSubmatch(text, -1) {
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
