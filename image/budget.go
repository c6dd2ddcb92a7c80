package image

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Budget is the largest size of a variant. It also has the sizes of its parts when that limit was set, so that a build over
// the limit can name what has grown.
type Budget struct {
	LimitBytes int64            `json:"limit_bytes"` // unpacked
	Layers     []LayerBudget    `json:"layers"`
	Packages   map[string]int64 `json:"packages_bytes"` // Debian packages of 5 MB and more
}

// LayerBudget is the size of one step of the Dockerfile.
type LayerBudget struct {
	Name  string `json:"name"`
	Match string `json:"match"` // text that only this step contains
	Bytes int64  `json:"bytes"`
}

// Measured is the size of a finished image.
type Measured struct {
	Bytes    int64 // unpacked
	Layers   []Layer
	Packages map[string]int64 // installed size in bytes by name; nil: not measured
}

// Layer is one step of an image's history.
type Layer struct {
	CreatedBy string
	Bytes     int64
}

// Growth is a layer or package that is larger than when the budget was set.
type Growth struct {
	Kind, Name string // "layer" or "package"
	Was, Is    int64  // bytes; Was is 0 for a new one
}

func (g Growth) String() string {
	if g.Was == 0 {
		return fmt.Sprintf("%s %s: new, %s", g.Kind, g.Name, megabytes(g.Is))
	}
	return fmt.Sprintf("%s %s: %s, was %s", g.Kind, g.Name, megabytes(g.Is), megabytes(g.Was))
}

// OverBudget is the error of a variant that is too large.
type OverBudget struct {
	Variant string
	Bytes   int64
	Limit   int64
	Growths []Growth // layers, then packages; the largest growth first
}

func (e *OverBudget) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cannot accept variant %q: %s unpacked, its budget is %s", e.Variant, megabytes(e.Bytes), megabytes(e.Limit))
	for _, g := range e.Growths {
		fmt.Fprintf(&b, "\n  %s", g)
	}
	b.WriteString("\n  make it smaller, or raise the limit in image/budget.json and say why in the commit")
	return b.String()
}

// CheckBudget returns an *OverBudget if a variant is larger than its budget.
func (s Spec) CheckBudget(variant string, m Measured) error {
	budget, known := s.Budgets[variant]
	if !known {
		return fmt.Errorf("cannot check the size of variant %q: image/budget.json has no such variant", variant)
	}
	if m.Bytes <= budget.LimitBytes {
		return nil
	}
	growths := append(budget.grownLayers(m.Layers), budget.grownPackages(m.Packages)...)
	slices.SortStableFunc(growths, func(a, b Growth) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Is-b.Was, a.Is-a.Was), cmp.Compare(a.Name, b.Name))
	})
	return &OverBudget{Variant: variant, Bytes: m.Bytes, Limit: budget.LimitBytes, Growths: growths}
}

// noise is a growth in bytes that is too small to name.
const noise = 1_000_000

func (b Budget) grownLayers(layers []Layer) []Growth {
	var out []Growth
	for _, l := range layers {
		step := strings.Join(strings.Fields(l.CreatedBy), " ") // engines keep a step's indentation
		g := Growth{Kind: "layer", Name: strconv.Quote(step), Is: l.Bytes}
		for _, known := range b.Layers {
			if strings.Contains(step, known.Match) {
				g.Name, g.Was = known.Name, known.Bytes
			}
		}
		if g.Is-g.Was > noise {
			out = append(out, g)
		}
	}
	return out
}

func (b Budget) grownPackages(packages map[string]int64) []Growth {
	var out []Growth
	for name, bytes := range packages {
		was := b.Packages[name]
		if was == 0 && bytes < 5*noise {
			continue
		}
		if bytes-was > noise {
			out = append(out, Growth{Kind: "package", Name: name, Was: was, Is: bytes})
		}
	}
	return out
}

// PackageQuery returns the command to run in the image for ParsePackages.
func PackageQuery() []string {
	return []string{"dpkg-query", "-W", "-f", "${Package}\t${Installed-Size}\n"}
}

// ParsePackages reads the output of PackageQuery and returns the size in bytes of each package.
func ParsePackages(output string) (map[string]int64, error) {
	sizes := map[string]int64{}
	var errs []error
	for line := range strings.Lines(output) {
		name, size, _ := strings.Cut(strings.TrimSpace(line), "\t")
		kib, err := strconv.ParseInt(size, 10, 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot parse line %q of the package list: %w", line, err))
			continue
		}
		sizes[name] = kib * 1024
	}
	return sizes, errors.Join(errs...)
}

func megabytes(n int64) string { return strconv.FormatInt((n+500_000)/1_000_000, 10) + " MB" }
