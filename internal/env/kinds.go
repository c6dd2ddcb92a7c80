package env

import (
	"strconv"
	"strings"
)

// Variable is a variable of any kind. String returns its name.
type Variable interface{ String() string }

// Text takes any value.
type Text string

// Path takes the path of a file or directory.
type Path string

// Number takes an unsigned decimal.
type Number string

// Millis takes a number of milliseconds.
type Millis string

// String returns the name.
func (v Text) String() string { return nameOf(string(v)) }

// String returns the name.
func (v Path) String() string { return nameOf(string(v)) }

// String returns the name.
func (v Number) String() string { return nameOf(string(v)) }

// String returns the name.
func (v Millis) String() string { return nameOf(string(v)) }

// Default returns the value that stands for none.
func (v Text) Default() string { return defaultOf(string(v)) }

// Default returns the value that stands for none, and for one that cannot be used.
func (v Path) Default() string { return defaultOf(string(v)) }

// Default returns the value that stands for none, and for one that is no number.
func (v Number) Default() string { return defaultOf(string(v)) }

// Parse reads a value, blanks around it ignored. An empty one is the default; so is one that is no number
// below 2^31, with ok false. A variable without a default has 0.
func (v Number) Parse(value string) (n int, ok bool) {
	if value != "" {
		if parsed, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
			return int(parsed), true
		}
	}
	n, _ = strconv.Atoi(v.Default())
	return n, value == ""
}

// Of returns the number that the environment has, or else the default.
func (v Number) Of(e Environ) int {
	n, _ := v.Parse(e.Value(v))
	return n
}

func nameOf(declared string) string {
	name, _, _ := strings.Cut(declared, "=")
	return name
}

func defaultOf(declared string) string {
	_, value, _ := strings.Cut(declared, "=")
	return value
}
