package clause

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Dir holds the specifications.
const Dir = "docs/spec"

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

// Find returns the clause of an ID, dropped ones too.
func (c Clauses) Find(id string) (Clause, bool) {
	at := slices.IndexFunc(c, func(clause Clause) bool { return clause.ID == id })
	if at < 0 {
		return Clause{}, false
	}
	return c[at], true
}

// Fault is what keeps a page of the specifications from being read as it was meant.
type Fault struct {
	File string
	Line int
	Text string // what is wrong and what mends it
}

// Read reads the clauses of docs/spec. Its faults are IDs that stand twice, and clauses that no link can
// reach.
func Read(tree fs.FS) (Clauses, []Fault, error) {
	pages, err := fs.Glob(tree, Dir+"/*.md")
	if err != nil {
		return nil, nil, err
	}
	var clauses Clauses
	var found []Fault
	for _, page := range pages {
		if path.Base(page) == "README.md" {
			continue // how to read the others
		}
		text, err := fs.ReadFile(tree, page)
		if err != nil {
			return nil, nil, err
		}
		for n, line := range strings.Split(string(text), "\n") {
			inLine, wrong := clausesOf(page, n+1, line)
			found = append(found, wrong...)
			for _, c := range inLine {
				if first, twice := clauses.Find(c.ID); twice {
					found = append(found, Fault{page, n + 1, fmt.Sprintf("has %s again, which stands at %s:%d: give this clause the next free number", c.ID, first.File, first.Line)})
					continue
				}
				clauses = append(clauses, c)
			}
		}
	}
	if len(clauses) == 0 {
		return nil, nil, fmt.Errorf("no page of %s has a clause", Dir)
	}
	return clauses, found, nil
}

// clausesOf are the clauses that begin in a line.
func clausesOf(page string, n int, line string) ([]Clause, []Fault) {
	var clauses []Clause
	var found []Fault
	refuse := func(format string, a ...any) {
		found = append(found, Fault{page, n, fmt.Sprintf(format, a...)})
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
