package laws

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"caduceus/internal/clause"
)

// neverUsed are the numbers, by family, that no clause ever had.
func neverUsed() map[string][]int {
	return map[string][]int{"SUP": {4, 6, 7, 8, 9, 37, 38, 39, 44, 45, 46, 47, 48, 49, 73, 94}}
}

// LostClauses wants each family of clauses without a gap: a clause that is dropped keeps its line, so that
// whoever meets its ID learns what became of it.
func LostClauses(known clause.Clauses) ([]Violation, error) {
	families := map[string]map[int]string{} // number -> file
	for _, c := range known {
		family, digits, _ := strings.Cut(c.ID, "-")
		n, err := strconv.Atoi(digits)
		if err != nil {
			return nil, err
		}
		if families[family] == nil {
			families[family] = map[int]string{}
		}
		families[family][n] = c.File
	}
	var found []Violation
	for _, family := range slices.Sorted(maps.Keys(families)) {
		numbers := families[family]
		last := slices.Max(slices.Collect(maps.Keys(numbers)))
		for n := 1; n < last; n++ {
			if _, there := numbers[n]; !there && !slices.Contains(neverUsed()[family], n) {
				found = append(found, Violation{numbers[last], 0, fmt.Sprintf("has lost %s-%02d: a clause that is dropped keeps its line, as in \"**%[1]s-%02[2]d** dropped: why\"", family, n)})
			}
		}
	}
	return found, nil
}
