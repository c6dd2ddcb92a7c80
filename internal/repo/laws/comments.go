package laws

import (
	"fmt"
	"regexp"
	"strings"
)

// blind is a reference that a reader cannot follow: a number without its document, or a mark without its
// note. A version or a manual page is not one.
var blind = regexp.MustCompile(`(?i)\bsections? \d|§|[†‡]|\b(?:boot |stop )?steps? \d|\b(?-i:[BR]\d)\b`)

// Comments wants comments of code, scripts and configuration to refer to clauses, decisions, public issues
// and manual pages only.
func Comments(tree Tree) ([]Violation, error) {
	var found []Violation
	for file := range tree.Files("*.go", "*.sh", "*.yml", "*.yaml", "Dockerfile", "rootfs/etc/cont-init.d/*", "run", "finish") {
		if strings.HasSuffix(file.Name, generatedSuffix) || file.Name == "internal/repo/laws/comments_test.go" {
			continue
		}
		comments, err := commentsOf(file)
		if err != nil {
			return nil, err
		}
		for _, c := range comments {
			if ref := blind.FindString(c.text); ref != "" {
				found = append(found, Violation{file.Name, c.line, fmt.Sprintf("refers to %q, which leads nowhere: name it, or cite a clause, a decision, a public issue or a manual page", ref)})
			}
		}
	}
	return found, nil
}

type comment struct {
	line int
	text string
}

func commentsOf(file File) ([]comment, error) {
	var all []comment
	if !strings.HasSuffix(file.Name, ".go") {
		for n, line := range file.Lines() {
			if before, text, found := strings.Cut(line, "#"); found && (before == "" || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\t")) {
				all = append(all, comment{n, text})
			}
		}
		return all, nil
	}
	set, parsed, err := file.Go()
	if err != nil {
		return nil, err
	}
	for _, group := range parsed.Comments {
		for _, c := range group.List {
			start := set.Position(c.Pos()).Line
			for i, text := range strings.Split(c.Text, "\n") {
				all = append(all, comment{start + i, text})
			}
		}
	}
	return all, nil
}
