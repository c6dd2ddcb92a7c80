package laws

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// generatedHeader is how Go's own tools know generated files; a comment of any language may hold it, and
// the key $comment of a JSON schema.
var generatedHeader = regexp.MustCompile(`(?m)^(?:\W*|\s*"\$comment": ")Code generated .* DO NOT EDIT\.\W*$`)

// Generated wants each file of the tree to be, byte for byte, what its generator makes (path -> content),
// with a header that warns those who would edit it. command is what makes the files anew.
func Generated(tree Tree, made map[string][]byte, command string) []Violation {
	var found []Violation
	for _, name := range slices.Sorted(maps.Keys(made)) {
		want := made[name]
		if !generatedHeader.Match(want) {
			found = append(found, Violation{name, 1, "has no line \"Code generated ... DO NOT EDIT.\""})
		}
		file, there := tree.File(name)
		got := []byte(file.Text)
		switch {
		case !there:
			found = append(found, Violation{name, 0, fmt.Sprintf("is missing: run %q", command)})
		case !bytes.Equal(got, want):
			found = append(found, Violation{name, firstDifference(got, want), fmt.Sprintf("is not what its generator makes: run %q", command)})
		}
	}
	return found
}

// firstDifference is the 1-based line at which two texts part.
func firstDifference(a, b []byte) int {
	line := 1
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		if a[i] == '\n' {
			line++
		}
	}
	return line
}
