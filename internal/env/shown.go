package env

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxShown is how much of a value a line of output has, in bytes.
const maxShown = 80

// ShownWord is Shown for a variable that takes a short word: what is longer may be a secret in the wrong place.
func ShownWord(value string) string {
	const longest = 16 // bytes
	if len(value) > longest {
		return fmt.Sprintf("a value of %d bytes", len(value))
	}
	return Shown(value)
}

// Shown is a value as a line of output has it: quoted, on one line, and cut short where it is huge.
func Shown(value string) string {
	if len(value) <= maxShown {
		return strconv.Quote(value)
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(value[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(value[:end]), len(value))
}
