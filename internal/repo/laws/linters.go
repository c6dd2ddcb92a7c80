package laws

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"
)

// linterConfig is where golangci-lint's configuration lies.
const linterConfig = ".golangci.yml"

// stateLinters are the linters that hold what the specification demands of PID 1's source, and the texts of
// what they hold.
//
// spec: SUP-91.
func stateLinters() map[string]string {
	return map[string]string{
		"gochecknoglobals": "no package variables",
		"gochecknoinits":   "no init functions",
		"reassign":         "no writes to another package's variables",
	}
}

// Linters wants the linters on that hold a clause, without exceptions but for tests.
func Linters(tree Tree) ([]Violation, error) {
	var config struct {
		Linters struct {
			Enable     []string
			Exclusions struct {
				Rules []struct {
					Path    string
					Linters []string
				}
			}
		}
	}
	file, _ := tree.File(linterConfig)
	if err := yaml.Unmarshal([]byte(file.Text), &config); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", linterConfig, err)
	}
	var found []Violation
	held := stateLinters()
	for _, name := range slices.Sorted(maps.Keys(held)) {
		if !slices.Contains(config.Linters.Enable, name) {
			found = append(found, Violation{linterConfig, 0, fmt.Sprintf("does not enable %s, which holds SUP-91 (%s): enable it", name, held[name])})
		}
		for _, rule := range config.Linters.Exclusions.Rules {
			if slices.Contains(rule.Linters, name) && rule.Path != `_test\.go$` {
				found = append(found, Violation{linterConfig, 0, fmt.Sprintf("excepts %q from %s, which holds SUP-91 (%s): remove the exception", rule.Path, name, held[name])})
			}
		}
	}
	return found, nil
}
