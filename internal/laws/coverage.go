package laws

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
)

// Uncovered maps the IDs that no test cites yet to the reason why.
type Uncovered map[string]string

// ParseUncovered reads lines of the form "ID[ ID...]: reason".
func ParseUncovered(text string) (Uncovered, error) {
	list := Uncovered{}
	scanner := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		ids, reason, ok := strings.Cut(line, ": ")
		if !ok || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("cannot read line %d of the list of uncovered clauses: no reason in %q", n, line)
		}
		for id := range strings.FieldsSeq(ids) {
			list[id] = reason
		}
	}
	return list, scanner.Err()
}

// Tested maps each clause ID to the files of tests that cite it: the *_test.go files of the tree and all
// that lies under tests/.
func Tested(cited []Citation) map[string][]string {
	tests := map[string][]string{}
	for _, c := range cited {
		inTest := strings.HasSuffix(c.File, "_test.go") || strings.HasPrefix(c.File, "tests/") && strings.HasSuffix(c.File, ".go")
		if inTest && !slices.Contains(tests[c.ID], c.File) {
			tests[c.ID] = append(tests[c.ID], c.File)
		}
	}
	return tests
}

// Coverage wants each clause cited by a test or listed as uncovered with its
// reason, never both. Citations of what does not exist are for Cited.
func Coverage(known Clauses, tested map[string][]string, uncovered Uncovered) []Violation {
	var found []Violation
	ids := known.IDs()
	for _, id := range ids {
		_, listed := uncovered[id]
		switch files := tested[id]; {
		case len(files) == 0 && !listed:
			found = append(found, Violation{"internal/laws/uncovered.txt", 0, id + " is cited by no test: cite it where it is proven, or list it with a reason"})
		case len(files) > 0 && listed:
			found = append(found, Violation{"internal/laws/uncovered.txt", 0, fmt.Sprintf("lists %s, which %s cites: remove it from the list", id, files[0])})
		}
	}
	for id := range uncovered {
		if !slices.Contains(ids, id) {
			found = append(found, Violation{"internal/laws/uncovered.txt", 0, "lists " + id + ", which no specification has"})
		}
	}
	return found
}
