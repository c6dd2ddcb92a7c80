package laws

import (
	"fmt"
	"regexp"
	"strings"
)

// GoVersion wants one Go version everywhere: go.mod, ci/go.mod and the Go stage of the Dockerfile.
func GoVersion(tree Tree) []Violation {
	want := ""
	var found []Violation
	for _, p := range []struct {
		file string
		re   *regexp.Regexp
	}{
		{"go.mod", regexp.MustCompile(`(?m)^go (\S+)$`)},
		{"ci/go.mod", regexp.MustCompile(`(?m)^go (\S+)$`)},
		{"Dockerfile", regexp.MustCompile(`(?m)^ARG GO_IMAGE=\S*golang:([0-9.]+)`)},
	} {
		src, _ := tree.File(p.file)
		m := p.re.FindStringSubmatchIndex(src.Text)
		if m == nil {
			found = append(found, Violation{p.file, 0, "names no Go version that this law can find"})
			continue
		}
		got := src.Text[m[2]:m[3]]
		if want == "" {
			want = got
		}
		if got != want {
			line := 1 + strings.Count(src.Text[:m[2]], "\n")
			found = append(found, Violation{p.file, line, fmt.Sprintf("has Go %s, go.mod has %s: make them equal", got, want)})
		}
	}
	return found
}
