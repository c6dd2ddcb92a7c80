package laws

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestLintersHoldThatPID1HasNoPackageState(t *testing.T) {
	clause.Proves(t, "SUP-91")
	found, err := Linters(repository(t))
	report(t, found, err)
}

func TestAMissingLinterIsNamed(t *testing.T) {
	const good = `linters:
  enable: [gochecknoglobals, gochecknoinits, reassign]
  exclusions:
    rules:
      - {path: '_test\.go$', linters: [gochecknoglobals]}
`
	check := func(t *testing.T, config string) []Violation {
		t.Helper()
		found, err := Linters(tree(t, map[string]string{linterConfig: config}))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	report(t, check(t, good), nil)
	wantOne(t, check(t, strings.Replace(good, ", reassign", "", 1)), ".golangci.yml: does not enable reassign")
	wantOne(t, check(t, good+"      - {path: 'internal/pid1', linters: [gochecknoinits]}\n"), `excepts "internal/pid1" from gochecknoinits`)
}
