package laws

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"caduceus/internal/clause"
)

var (
	// citing is what IDs follow: a word of a comment, or the names of clauses in a test or check.
	citing = regexp.MustCompile(`\b(?:contract|spec): |\b(?:Attr|Proves|Begin)\(|\bClauses:`)
	anyID  = regexp.MustCompile(`\b[A-Z]+-\d{2,3}\b`)
)

// Citations wants each clause ID in code, scripts and documents to lead to a clause that holds: IDs of the
// families that exist, and whatever stands where only clauses do.
func Citations(tree Tree, known clause.Clauses) []Violation {
	family := familyPattern(known)
	var found []Violation
	for file := range tree.Files("*") {
		if !cites(file.Name) {
			continue
		}
		for n, line := range file.Lines() {
			for _, id := range citedIn(line, family) {
				if why := deadCitation(known, id, file.Name, n); why != "" {
					found = append(found, Violation{file.Name, n, why})
				}
			}
		}
	}
	return found
}

func deadCitation(known clause.Clauses, id, file string, line int) string {
	c, there := known.Find(id)
	switch {
	case !there:
		return fmt.Sprintf("cites %s, which no page of %s has: cite the clause that says it, or none", id, clause.Dir)
	case c.Dropped && (c.File != file || c.Line != line):
		return fmt.Sprintf("cites %s, which was dropped (%s:%d): cite the clause that says it now, or none", id, c.File, c.Line)
	}
	return ""
}

// cites reports whether people cite clauses in a file.
func cites(name string) bool {
	switch path.Dir(name) {
	case "internal/repo/laws", "internal/clause":
		if strings.HasSuffix(name, "_test.go") {
			return false // their fixtures cite what does not exist
		}
	}
	if name == clause.Dir+"/README.md" || strings.HasSuffix(name, generatedSuffix) {
		return false
	}
	for _, dir := range []string{"rootfs/", "image/", ".ci/"} {
		if strings.HasPrefix(name, dir) {
			return true
		}
	}
	return slices.Contains([]string{".go", ".md", ".sh", ".yaml", ".yml"}, path.Ext(name)) || path.Base(name) == "Dockerfile"
}

func citedIn(line string, family *regexp.Regexp) []string {
	ids := family.FindAllString(line, -1)
	if at := citing.FindStringIndex(line); at != nil {
		ids = append(ids, anyID.FindAllString(line[at[1]:], -1)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// familyPattern matches IDs of the families that exist, invented numbers too, but not "UTF-08".
func familyPattern(known clause.Clauses) *regexp.Regexp {
	var families []string
	for _, c := range known {
		family, _, _ := strings.Cut(c.ID, "-")
		families = append(families, family)
	}
	slices.Sort(families)
	return regexp.MustCompile(`\b(?:` + strings.Join(slices.Compact(families), "|") + `)-[0-9]{2,3}\b`)
}
