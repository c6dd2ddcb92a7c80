package checks

import (
	_ "embed" // the catalogue
	"errors"
	"fmt"
	"slices"
	"strings"
)

// catalogue has a line for each check; explanations has the usual causes.
var (
	//go:embed catalog.txt
	catalogue string
	//go:embed explain.txt
	explanations string
)

// Tier says when a check is worth its time. Each tier holds those before it.
type Tier string

// The tiers, quickest first.
const (
	Smoke Tier = "smoke" // half a minute: is it this image at all?
	Core  Tier = "core"  // minutes: what everybody relies on
	Full  Tier = "full"  // all of the contract
	Chaos Tier = "chaos" // what the contract withstands
)

// Tiers lists them, quickest first.
func Tiers() []Tier { return []Tier{Smoke, Core, Full, Chaos} }

// UpTo are the entries of a tier and of those before it.
func UpTo(all []Entry, tier string) ([]Entry, error) {
	last := slices.Index(Tiers(), Tier(tier))
	if last < 0 {
		return nil, fmt.Errorf("there is no tier %q; the tiers are %q", tier, Tiers())
	}
	return slices.DeleteFunc(slices.Clone(all), func(e Entry) bool { return slices.Index(Tiers(), e.Tier) > last }), nil
}

// Need is something that an engine may not have.
type Need string

// The needs.
const (
	NeedsRoot     Need = "root"     // a start as root, which an image that ends with USER hermes does not have
	NeedsNetwork  Need = "network"  // packages from a registry
	NeedsTerminal Need = "terminal" // a pseudo-terminal
	NeedsMemory   Need = "memory"   // 2 GB for one container
	NeedsHealth   Need = "health"   // an engine that tells an image's health check: Podman does not
)

// Cause is a usual reason for a broken check, and what mends it.
type Cause struct{ Cause, Fix string }

// Entry is a check with its place in the catalogue.
type Entry struct {
	Check
	ID     string // stable: lower-case words that "-" joins, the first is the family
	Tier   Tier
	Needs  []Need
	Causes []Cause
}

// Family is the first word of the ID.
func (e Entry) Family() string {
	family, _, _ := strings.Cut(e.ID, "-")
	return family
}

// Catalog returns every check with its entry, in the order of the catalogue. A check without an entry, an entry without
// a check, and an ID twice are errors: none of them may be lost in silence.
func Catalog() ([]Entry, error) { return catalog(All(), catalogue, explanations) }

func catalog(all []Check, lines, texts string) ([]Entry, error) {
	causes, err := readCauses(texts)
	if err != nil {
		return nil, err
	}
	byName := map[string]Check{}
	for _, c := range all {
		byName[c.Name] = c
	}
	var entries []Entry
	var errs []error
	seen, used := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(lines) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		e, err := readEntry(line)
		c, found := byName[e.Name]
		switch {
		case err != nil:
			errs = append(errs, err)
			continue
		case !found:
			errs = append(errs, fmt.Errorf("%s: no check promises %q", e.ID, e.Name))
			continue
		case seen[e.ID]:
			errs = append(errs, fmt.Errorf("%s stands twice", e.ID))
		}
		e.Check = c
		e.Causes = slices.Concat(causes[e.ID], causes[e.Family()])
		used[e.ID], used[e.Family()] = true, true
		if len(e.Causes) == 0 {
			errs = append(errs, fmt.Errorf("%s: no usual cause is written down", e.ID))
		}
		seen[e.ID] = true
		entries = append(entries, e)
		delete(byName, e.Name)
	}
	for _, c := range all {
		if _, left := byName[c.Name]; left {
			errs = append(errs, fmt.Errorf("the check %q has no ID: give it a line in catalog.txt", c.Name))
		}
	}
	for of := range causes {
		if !used[of] {
			errs = append(errs, fmt.Errorf("explain.txt has causes for %q, which is neither a check nor a family", of))
		}
	}
	return entries, errors.Join(errs...)
}

// readEntry takes a line apart: ID, tier, needs, and the promise to its end.
func readEntry(line string) (Entry, error) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return Entry{}, fmt.Errorf("cannot read the line %q of the catalogue", line)
	}
	rest := line
	for _, f := range fields[:3] {
		rest = strings.TrimLeft(strings.TrimPrefix(rest, f), " ")
	}
	e := Entry{ID: fields[0], Tier: Tier(fields[1])}
	e.Name = strings.TrimSpace(rest)
	if !slices.Contains(Tiers(), e.Tier) {
		return e, fmt.Errorf("%s: %q is no tier", e.ID, e.Tier)
	}
	if fields[2] == "-" {
		return e, nil
	}
	for word := range strings.SplitSeq(fields[2], ",") {
		need := Need(word)
		if !slices.Contains([]Need{NeedsRoot, NeedsNetwork, NeedsTerminal, NeedsMemory, NeedsHealth}, need) {
			return e, fmt.Errorf("%s: %q is no need", e.ID, need)
		}
		e.Needs = append(e.Needs, need)
	}
	return e, nil
}

// readCauses reads blocks of a name and pairs of "cause:" and "fix:".
func readCauses(text string) (map[string][]Cause, error) {
	causes := map[string][]Cause{}
	of, open := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "":
			of = ""
		case of == "":
			of = line
			if causes[of] != nil {
				return nil, fmt.Errorf("explain.txt has two blocks for %q", of)
			}
		case word == "cause" && open == "":
			open = rest
		case word == "fix" && open != "":
			causes[of] = append(causes[of], Cause{open, rest})
			open = ""
		default:
			return nil, fmt.Errorf("explain.txt: %q stands where no such line belongs, in the block of %q", line, of)
		}
	}
	if open != "" {
		return nil, fmt.Errorf("explain.txt: the cause %q has no fix", open)
	}
	return causes, nil
}
