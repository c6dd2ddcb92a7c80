package attack

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// attacks is how many attacks reached something, on the first landing or later.
const attacks = 22

// The table in README.md has each attack with tests that exist, and each test.
func TestTheTableOfAttacksIsWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	have := testsHere(t)
	var named []string
	row := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || strings.Trim(cells[1], " -#") == "" {
			continue
		}
		if row++; strings.TrimSpace(cells[1]) != fmt.Sprint(row) {
			t.Errorf("row %d is %q", row, line)
		}
		tests := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(cells[3], -1)
		if len(tests) == 0 {
			t.Errorf("attack %d has no test", row)
		}
		for _, m := range tests {
			if named = append(named, m[1]); !slices.Contains(have, m[1]) {
				t.Errorf("attack %d: there is no %s", row, m[1])
			}
		}
	}
	if row != attacks {
		t.Errorf("%d attacks, want %d", row, attacks)
	}
	for _, name := range have {
		if !slices.Contains(named, name) {
			t.Errorf("%s is in no row", name)
		}
	}
}

// testsHere are the tests of this folder that attack a container.
func testsHere(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "//go:build docker") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	return names
}
