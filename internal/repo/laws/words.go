package laws

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// plainer has what a reader with English as a second language stumbles over, and the ordinary word.
var plainer = []struct { //nolint:gochecknoglobals // a constant that Go has no form for
	re    *regexp.Regexp
	plain string
}{
	{regexp.MustCompile(`(?i)\bmend(?:s|ed|ing)?\b`), "fix"},
	{regexp.MustCompile(`(?i)\bstands? (?:in|on|at|below)\b`), "is in"},
	{regexp.MustCompile(`(?i)\b(?:lies?|lay) (?:in|on|at|below|there)\b`), "is in"},
	{regexp.MustCompile(`(?i)\bwants\b`), "needs, requires"},
	{regexp.MustCompile(`, too\b`), "also"},
	{regexp.MustCompile(`(?i)\bmade anew\b`), "recreated"},
	{regexp.MustCompile(`(?i)\b(?:but for|save for)\b`), "except for"},
	{regexp.MustCompile(`(?i)\bcannot be meant\b`), "is invalid"},
	{regexp.MustCompile(`(?i)\bnothing found\b`), "no problems found"},
	{regexp.MustCompile(`(?i)\b(?:one|a) (?:container|engine|gateway|line) an? (?:profile|node|volume)\b`), "per"},
	{regexp.MustCompile(`(?i)\bother names of the same\b`), "aliases"},
	{regexp.MustCompile(`(?i)\bother than somebody thinks\b`), "unexpected"},
}

// inCode is what a page quotes: it is not prose.
var inCode = regexp.MustCompile("`[^`]*`")

// Words wants the pages of users, and what hermes says in help and findings, in ordinary words. notYet names files that
// are still to be reworded, and why; one that is clean is not to be listed any more.
func Words(tree Tree, notYet map[string]string) []Violation {
	seen := map[string]int{}
	var found []Violation
	say := func(file string, line int, text string) {
		for _, w := range plainer {
			if word := w.re.FindString(text); word != "" {
				seen[file]++
				if _, later := notYet[file]; !later {
					found = append(found, Violation{file, line, fmt.Sprintf("says %q; plainer is %q", word, w.plain)})
				}
			}
		}
	}
	for page := range tree.Files("*.md") {
		if plain(page.Name) {
			prose(page, say)
		}
	}
	for source := range tree.Files("internal/front/doctor/*.go", "internal/front/cli/*.go", "internal/front/wanted/*.go", "internal/verify/cli/*.go") {
		if !strings.HasSuffix(source.Name, "_test.go") {
			printed(source, say)
		}
	}
	for file := range notYet {
		if seen[file] == 0 {
			found = append(found, Violation{file, 0, "is said to be reworded later, and has no such word: take it from the list"})
		}
	}
	return found
}

// plain reports whether a page is read by users. The reference is generated, so that its sources are the place.
func plain(name string) bool {
	dir := path.Dir(name)
	return name == "README.md" || name == "SECURITY.md" || name == "CONTRIBUTING.md" || dir == "deploy" ||
		strings.HasPrefix(name, "docs/") && name != "docs/architecture.md" && dir != "docs/spec" && dir != "docs/adr" && dir != "docs/reference"
}

func prose(page File, say func(string, int, string)) {
	fenced := false
	for n, line := range page.Lines() {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if !fenced {
			say(page.Name, n, inCode.ReplaceAllString(line, ""))
		}
	}
}

// printed are the strings of a Go file, which is all that it can print.
func printed(source File, say func(string, int, string)) {
	set, parsed, err := source.Go()
	if err != nil {
		return // the compiler says so
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil {
				for i, line := range strings.Split(text, "\n") {
					say(source.Name, set.Position(l.Pos()).Line+i, line)
				}
			}
		}
		return true
	})
}
