package env

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestShownIsOneShortLine(t *testing.T) {
	clause.Proves(t, "ENV-11")
	for value, want := range map[string]string{
		"":                                  `""`,
		"a b":                               `"a b"`,
		"1\ntouch /x\x1b[2J":                `"1\ntouch /x\x1b[2J"`,
		strings.Repeat("a", 80):             `"` + strings.Repeat("a", 80) + `"`,
		strings.Repeat("a", 100000):         `"` + strings.Repeat("a", 80) + `"… (100000 bytes)`,
		strings.Repeat("a", 79) + "ä" + "b": `"` + strings.Repeat("a", 79) + `"… (82 bytes)`,
	} {
		if got := Shown(value); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}
