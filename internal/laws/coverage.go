package laws

import (
	"bufio"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Clauses are the IDs of the contract and the specification, in their order.
type Clauses []string

// ParseClauses reads one ID a line; blank lines and lines with # are skipped.
func ParseClauses(text string) Clauses {
	var ids Clauses
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			ids = append(ids, line)
		}
	}
	return ids
}

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

// Citations maps each clause ID to the files of tests that cite it.
type Citations map[string][]string

// Cite looks for clause IDs in tests: the *_test.go files of the tree and all
// that lies under tests/.
func Cite(tree fs.FS, known Clauses) (Citations, error) {
	files, err := goFiles(tree)
	if err != nil {
		return nil, err
	}
	pattern := familyPattern(known)
	cited := Citations{}
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "tests/") {
			continue
		}
		if name == "internal/laws/laws_test.go" {
			continue // its fixtures cite what does not exist
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		for _, id := range pattern.FindAllString(string(src), -1) {
			if !slices.Contains(cited[id], name) {
				cited[id] = append(cited[id], name)
			}
		}
	}
	return cited, nil
}

// familyPattern matches IDs of the families that exist: "GW-03" and an
// invented "GW-99", but not "UTF-08".
func familyPattern(known Clauses) *regexp.Regexp {
	var families []string
	for _, id := range known {
		family, _, _ := strings.Cut(id, "-")
		families = append(families, family)
	}
	slices.Sort(families)
	return regexp.MustCompile(`\b(?:` + strings.Join(slices.Compact(families), "|") + `)-[0-9]{2,3}\b`)
}

// Coverage wants each clause cited by a test or listed as uncovered with its
// reason, never both, and no ID that does not exist.
func Coverage(known Clauses, cited Citations, uncovered Uncovered) []Violation {
	var found []Violation
	for _, id := range known {
		_, listed := uncovered[id]
		switch files := cited[id]; {
		case len(files) == 0 && !listed:
			found = append(found, Violation{"internal/laws/uncovered.txt", 0, id + " is cited by no test: cite it where it is proven, or list it with a reason"})
		case len(files) > 0 && listed:
			found = append(found, Violation{"internal/laws/uncovered.txt", 0, fmt.Sprintf("lists %s, which %s cites: remove it from the list", id, files[0])})
		}
	}
	for _, id := range sortedIDs(cited) {
		if !slices.Contains(known, id) {
			found = append(found, Violation{cited[id][0], 0, "cites " + id + ", which no specification has"})
		}
	}
	for id := range uncovered {
		if !slices.Contains(known, id) {
			found = append(found, Violation{"internal/laws/uncovered.txt", 0, "lists " + id + ", which no specification has"})
		}
	}
	return found
}

func sortedIDs(cited Citations) []string {
	ids := make([]string, 0, len(cited))
	for id := range cited {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
