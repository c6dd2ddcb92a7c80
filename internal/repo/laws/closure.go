package laws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Graph is which packages each package imports, tests left out; those of the standard library are in it,
// too, for os/exec hides behind some of them.
type Graph map[string][]string

// initCommand is the package of PID 1.
const initCommand = "caduceus/cmd/hermes-init"

// InitClosure refuses each package that PID 1 links and must not have, with the chain that brings it in:
// all but the standard library without os/exec, golang.org/x/sys, and our own packages but those of
// internal/repo, whose prose has no place in PID 1. depguard sees direct imports only.
//
// spec: SUP-84.
func InitClosure(g Graph) []Violation {
	if len(g[initCommand]) == 0 {
		return []Violation{{initCommand, 0, "imports nothing: this graph is not the repository's"}}
	}
	parent := parents(g, initCommand)
	var found []Violation
	for _, imp := range slices.Sorted(maps.Keys(parent)) {
		switch {
		case strings.HasPrefix(imp, "caduceus/internal/repo/"):
			found = append(found, Violation{initCommand, 0, fmt.Sprintf("links %q through %s: PID 1 holds no prose", imp, chain(parent, imp))})
		case imp == "os/exec", thirdParty(imp) && !strings.HasPrefix(imp, "golang.org/x/sys/"):
			found = append(found, Violation{initCommand, 0, fmt.Sprintf("links %q through %s: PID 1 has the standard library without os/exec, and golang.org/x/sys", imp, chain(parent, imp))})
		}
	}
	return found
}

// parents maps each package that root links to one that imports it, root to "".
func parents(g Graph, root string) map[string]string {
	parent := map[string]string{root: ""}
	for queue := []string{root}; len(queue) > 0; queue = queue[1:] {
		for _, imp := range g[queue[0]] {
			if _, seen := parent[imp]; !seen {
				parent[imp] = queue[0]
				queue = append(queue, imp)
			}
		}
	}
	return parent
}

// thirdParty reports whether a path begins with the name of a host.
func thirdParty(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return strings.Contains(first, ".")
}

func chain(parent map[string]string, pkg string) string {
	var steps []string
	for ; pkg != ""; pkg = parent[pkg] {
		steps = append(steps, pkg)
	}
	slices.Reverse(steps)
	return strings.Join(steps, " -> ")
}
