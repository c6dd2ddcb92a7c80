package laws

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// GoVersion wants one Go version everywhere: go.mod, ci/go.mod and the Go
// stage of the Dockerfile. Files that do not exist are passed over.
func GoVersion(tree fs.FS) ([]Violation, error) {
	patterns := []struct {
		file string
		re   *regexp.Regexp
	}{
		{"go.mod", regexp.MustCompile(`(?m)^go (\S+)$`)},
		{"ci/go.mod", regexp.MustCompile(`(?m)^go (\S+)$`)},
		{"Dockerfile", regexp.MustCompile(`(?m)^ARG GO_IMAGE=\S*golang:([0-9.]+)`)},
	}
	want := ""
	var found []Violation
	for _, p := range patterns {
		src, err := fs.ReadFile(tree, p.file)
		if err != nil {
			continue
		}
		m := p.re.FindStringSubmatchIndex(string(src))
		if m == nil {
			found = append(found, Violation{p.file, 0, "names no Go version that this law can find"})
			continue
		}
		got := string(src[m[2]:m[3]])
		if want == "" {
			want = got
		}
		if got != want {
			line := 1 + strings.Count(string(src[:m[2]]), "\n")
			found = append(found, Violation{p.file, line, fmt.Sprintf("has Go %s, go.mod has %s: make them equal", got, want)})
		}
	}
	return found, nil
}
