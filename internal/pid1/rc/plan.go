package rc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Plan is a consistent set of definitions.
type Plan struct {
	units   map[string]Unit
	bundles map[string][]string // dissolved; sorted
}

// Unit returns the service of that name.
func (p Plan) Unit(name string) Unit { return p.units[name] }

// Longruns are the names of all longruns, sorted.
func (p Plan) Longruns() []string {
	var out []string
	for name, u := range p.units {
		if u.Kind == Longrun {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Closure are the services of a bundle and all that they need, Base left out; sorted. An unknown
// bundle is empty.
func (p Plan) Closure(bundle string) []string {
	seen := map[string]bool{Base: true}
	todo := slices.Clone(p.bundles[bundle])
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[name] {
			seen[name] = true
			todo = append(todo, p.units[name].Needs...)
		}
	}
	delete(seen, Base)
	return slices.Sorted(maps.Keys(seen))
}

// Dependents returns the services that need name directly, sorted: those to stop before it.
func (p Plan) Dependents(name string) []string {
	var out []string
	for other, u := range p.units {
		if slices.Contains(u.Needs, name) {
			out = append(out, other)
		}
	}
	slices.Sort(out)
	return out
}

// resolve turns names into services: unknown names and cycles are errors, bundles are dissolved.
func resolve(defs map[string]definition) (Plan, error) {
	r := resolver{defs: defs, state: map[string]mark{}, atoms: map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(defs)) {
		r.visit(name, nil)
	}
	if err := errors.Join(r.wrong...); err != nil {
		return Plan{}, err
	}
	p := Plan{units: map[string]Unit{}, bundles: map[string][]string{}}
	for name, d := range defs {
		if d.Kind == Bundle {
			p.bundles[name] = r.atoms[name]
			continue
		}
		u := d.Unit
		u.Needs = r.dissolve(d.needs)
		p.units[name] = u
	}
	return p, nil
}

type mark uint8

const (
	unseen mark = iota
	open
	closed
)

type resolver struct {
	defs  map[string]definition
	state map[string]mark
	atoms map[string][]string // what a name stands for
	wrong []error
}

// visit walks depth first along contents and dependencies; trail is the way here.
func (r *resolver) visit(name string, trail []string) {
	trail = append(trail, name)
	switch r.state[name] {
	case closed:
		return
	case open:
		start := slices.Index(trail, name)
		r.wrong = append(r.wrong, fmt.Errorf("cannot order services: cycle %s", strings.Join(trail[start:], " -> ")))
		return
	}
	r.state[name] = open
	d := r.defs[name]
	for _, next := range slices.Concat(d.contents, d.needs) {
		if ownPart(next) {
			continue
		}
		if _, ok := r.defs[next]; !ok {
			r.wrong = append(r.wrong, fmt.Errorf("cannot find service %q, named by %q", next, name))
			continue
		}
		r.visit(next, trail)
	}
	r.state[name] = closed
	r.atoms[name] = []string{name}
	if d.Kind == Bundle {
		r.atoms[name] = r.dissolve(d.contents)
	}
}

// dissolve replaces bundles by what they stand for.
func (r *resolver) dissolve(names []string) []string {
	var out []string
	for _, name := range names {
		if ownPart(name) {
			out = append(out, Base)
			continue
		}
		out = append(out, r.atoms[name]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ownPart reports whether the init itself provides name: the bundle base, or one of its two parts by
// the names they have in s6-overlay.
func ownPart(name string) bool {
	return name == Base || name == "fix-attrs" || name == "legacy-cont-init"
}
