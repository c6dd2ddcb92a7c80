package below

import (
	_ "embed" // the script
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Script asks in a container of the image, as root and with the network. Arguments gives what it asks for.
//
//go:embed ask.sh
var Script string

// Arguments are those of Script.
func Arguments() []string {
	asked := map[string][]string{}
	for _, p := range parts() {
		asked[p.registry] = append(asked[p.registry], p.packages...)
	}
	return []string{strings.Join(asked[debian], " "), strings.Join(asked[npm], " "), strings.Join(asked[pypi], " ")}
}

// Answers is what Script found out.
type Answers struct {
	sqlite   string // release of the image's library
	packages map[string]answer
}

type answer struct {
	shipped string // of Debian's packages; of others the locks know
	newest  string
	fixed   []string
}

// Parse reads what Script printed.
func Parse(printed string) (Answers, error) {
	found := Answers{packages: map[string]answer{}}
	for section := range strings.SplitSeq("\n"+printed, "\n== ") {
		head, changelog, _ := strings.Cut(section, "\n")
		switch words := strings.Fields(head); {
		case len(words) == 0:
		case words[0] == "sqlite" && len(words) == 2:
			found.sqlite = words[1]
		case words[0] == "deb" && len(words) == 4:
			found.packages[words[1]] = answer{words[2], words[3], Fixed(changelog)}
		case (words[0] == npm || words[0] == "pypi") && len(words) == 3:
			found.packages[words[1]] = answer{newest: words[2]}
		default:
			return Answers{}, fmt.Errorf("cannot read the answer %q: want what ask.sh prints", head)
		}
	}
	if found.sqlite == "" {
		return Answers{}, fmt.Errorf("cannot read the answers: the image says no release of SQLite")
	}
	return found, nil
}

var (
	// entry is the first line of one: package, version, suite.
	entry = regexp.MustCompile(`(?m)^[a-z0-9][a-z0-9.+-]* \(([^)]+)\) [^;\n]+;`)
	cve   = regexp.MustCompile(`CVE-\d{4}-\d{4,}`)
)

// Fixed lists the CVEs that the updates of a Debian release fix, newest entries first: those of all entries of its
// changelog from the top whose version was made for a release ("+deb13u2", "~deb13u1").
func Fixed(changelog string) []string {
	var fixed []string
	at := entry.FindAllStringSubmatchIndex(changelog, -1)
	for i, e := range at {
		version := changelog[e[2]:e[3]]
		if !strings.Contains(version, "deb13u") {
			break
		}
		end := len(changelog)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		for _, name := range cve.FindAllString(changelog[e[1]:end], -1) {
			if !slices.Contains(fixed, name) {
				fixed = append(fixed, name)
			}
		}
	}
	return fixed
}
