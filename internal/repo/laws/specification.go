package laws

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// specDir holds the specifications.
const specDir = "docs/spec"

// Clause is one promise of a specification.
type Clause struct {
	ID      string // as in text: GW-03; its anchor is gw-03
	File    string
	Line    int
	Dropped bool // it holds no more, and its ID is not used again
}

// Clauses are those of all specifications, in their order.
type Clauses []Clause

// IDs are those of the clauses that hold.
func (c Clauses) IDs() []string {
	var ids []string
	for _, clause := range c {
		if !clause.Dropped {
			ids = append(ids, clause.ID)
		}
	}
	return ids
}

var (
	// clauseStart is a clause: its anchor, if it has one, and its ID in bold.
	clauseStart = regexp.MustCompile(`(?:<a id="([^"]*)"></a>)?\*\*([A-Z]+-\d{2,3})\*\*( dropped\b)?`)
	// bareStart is a list item or row that begins with an ID as plain text.
	bareStart = regexp.MustCompile(`^(?:- |\| )([A-Z]+-\d{2,3})\b`)
	// clauseAnchor is an anchor that looks like that of a clause.
	clauseAnchor = regexp.MustCompile(`<a id="([a-zA-Z]+-\d{2,3})"></a>`)
)

// Specification reads the clauses of docs/spec. It refuses an ID that stands twice, and a clause that no
// link can reach.
func Specification(tree fs.FS) (Clauses, []Violation, error) {
	pages, err := fs.Glob(tree, specDir+"/*.md")
	if err != nil {
		return nil, nil, err
	}
	var clauses Clauses
	var found []Violation
	for _, page := range pages {
		if path.Base(page) == "README.md" {
			continue // it tells how to read the others
		}
		text, err := fs.ReadFile(tree, page)
		if err != nil {
			return nil, nil, err
		}
		for n, line := range strings.Split(string(text), "\n") {
			inLine, wrong := clausesOf(page, n+1, line)
			found = append(found, wrong...)
			for _, c := range inLine {
				if at := slices.IndexFunc(clauses, func(old Clause) bool { return old.ID == c.ID }); at >= 0 {
					first := clauses[at]
					found = append(found, Violation{page, n + 1, fmt.Sprintf("has %s again, which stands at %s:%d: give this clause the next free number", c.ID, first.File, first.Line)})
					continue
				}
				clauses = append(clauses, c)
			}
		}
	}
	if len(clauses) == 0 {
		return nil, nil, fmt.Errorf("no page of %s has a clause", specDir)
	}
	return clauses, found, nil
}

// clausesOf are the clauses that begin in a line.
func clausesOf(page string, n int, line string) ([]Clause, []Violation) {
	var clauses []Clause
	var found []Violation
	refuse := func(format string, a ...any) {
		found = append(found, Violation{page, n, fmt.Sprintf(format, a...)})
	}
	reached := map[string]bool{}
	for _, m := range clauseStart.FindAllStringSubmatch(line, -1) {
		c := Clause{ID: m[2], File: page, Line: n, Dropped: m[3] != ""}
		clauses = append(clauses, c)
		switch want := strings.ToLower(c.ID); {
		case c.Dropped && m[1] != "":
			refuse("%s is dropped and has an anchor: remove the anchor, so that nobody counts it", c.ID)
		case !c.Dropped && m[1] == "":
			refuse(`%s has no anchor: put <a id="%s"></a> before its ID`, c.ID, want)
		case !c.Dropped && m[1] != want:
			refuse("%s has the anchor %q: call it %q", c.ID, m[1], want)
		}
		reached[m[1]] = true
	}
	for _, m := range clauseAnchor.FindAllStringSubmatch(line, -1) {
		if !reached[m[1]] {
			refuse("the anchor %q has no clause: put the ID in bold behind it", m[1])
		}
	}
	if m := bareStart.FindStringSubmatch(line); m != nil {
		refuse(`%s has no anchor: begin with <a id="%s"></a>**%s**`, m[1], strings.ToLower(m[1]), m[1])
	}
	return clauses, found
}

// Citation is a place that names a clause.
type Citation struct {
	ID   string
	File string
	Line int
}

var (
	// citing is what says that IDs follow: a comment's word, or what a test or check says it proves.
	citing = regexp.MustCompile(`\b(?:contract|spec): |\b(?:Attr|Proves|Begin)\(|\bClauses:`)
	anyID  = regexp.MustCompile(`\b[A-Z]+-\d{2,3}\b`)
)

// Citations finds the clause IDs in code, scripts and documents: those of the families that exist, and
// whatever stands where only clauses do.
func Citations(tree fs.FS, known Clauses) ([]Citation, error) {
	family := familyPattern(known)
	var cited []Citation
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skippedDir(d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular() || !cites(name):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(text), "\n") {
			for _, id := range citedIn(line, family) {
				cited = append(cited, Citation{id, name, n + 1})
			}
		}
		return nil
	})
	return cited, err
}

// cites says whether a file is one in which people cite clauses.
func cites(name string) bool {
	switch name {
	case "internal/repo/laws/laws_test.go", "internal/repo/laws/specification_test.go":
		return false // their fixtures cite what does not exist
	case specDir + "/README.md":
		return false // its examples do
	}
	if strings.HasSuffix(name, ".gen.go") {
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
func familyPattern(known Clauses) *regexp.Regexp {
	var families []string
	for _, c := range known {
		family, _, _ := strings.Cut(c.ID, "-")
		families = append(families, family)
	}
	slices.Sort(families)
	return regexp.MustCompile(`\b(?:` + strings.Join(slices.Compact(families), "|") + `)-[0-9]{2,3}\b`)
}

// Cited wants each citation to lead to a clause that holds.
func Cited(known Clauses, cited []Citation) []Violation {
	var found []Violation
	for _, c := range cited {
		at := slices.IndexFunc(known, func(k Clause) bool { return k.ID == c.ID })
		if at >= 0 && known[at].File == c.File && known[at].Line == c.Line {
			continue // the clause itself
		}
		switch {
		case at < 0:
			found = append(found, Violation{c.File, c.Line, fmt.Sprintf("cites %s, which no page of %s has: cite the clause that says it, or none", c.ID, specDir)})
		case known[at].Dropped:
			found = append(found, Violation{c.File, c.Line, fmt.Sprintf("cites %s, which was dropped (%s:%d): cite the clause that says it now, or none", c.ID, known[at].File, known[at].Line)})
		}
	}
	return found
}
