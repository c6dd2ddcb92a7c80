package env

import (
	"strconv"
	"strings"
)

// The kinds of variables. Exact, Lower, Loose and Filled are switches: what their lists do not have counts
// as no, whatever it looks like.
type (
	Exact  string // yes: 1, true, TRUE, True, yes, YES and Yes, letter for letter
	Lower  string // yes: 1, true and yes in any case, without blanks around
	Loose  string // yes: 1, true, yes and on in any case, blanks around are ignored
	Filled string // yes: anything that is not empty
	Text   string
	Path   string
	Number string // unsigned decimal
	Millis string // a Number, of milliseconds
)

// Variable is a variable of any kind. String returns its name.
type Variable interface{ String() string }

// Switch is a variable that means yes or no.
type Switch interface {
	Variable
	Yes(value string) bool
	Words() string // the values that mean yes, for a message
}

func nameOf(declared string) string {
	name, _, _ := strings.Cut(declared, "=")
	return name
}

func defaultOf(declared string) string {
	_, value, _ := strings.Cut(declared, "=")
	return value
}

// String returns the name.
func (v Exact) String() string  { return nameOf(string(v)) }
func (v Lower) String() string  { return nameOf(string(v)) }
func (v Loose) String() string  { return nameOf(string(v)) }
func (v Filled) String() string { return nameOf(string(v)) }
func (v Text) String() string   { return nameOf(string(v)) }
func (v Path) String() string   { return nameOf(string(v)) }
func (v Number) String() string { return nameOf(string(v)) }
func (v Millis) String() string { return nameOf(string(v)) }

// Default returns what holds where the variable is unset, empty or outside of its domain.
func (v Text) Default() string   { return defaultOf(string(v)) }
func (v Path) Default() string   { return defaultOf(string(v)) }
func (v Number) Default() string { return defaultOf(string(v)) }
func (v Millis) Default() string { return defaultOf(string(v)) }

// Words returns the values that mean yes.
func (v Exact) Words() string { return "1 true TRUE True yes YES Yes" }
func (v Lower) Words() string { return "1 true yes" }
func (v Loose) Words() string { return "1 true yes on" }

// Yes reports whether value means yes.
func (v Exact) Yes(value string) bool { return among(v.Words(), value) }
func (v Lower) Yes(value string) bool { return among(v.Words(), strings.ToLower(value)) }
func (v Loose) Yes(value string) bool {
	return among(v.Words(), strings.ToLower(strings.TrimSpace(value)))
}
func (v Filled) Yes(value string) bool { return value != "" }

// On reports whether the environment says yes.
func (v Exact) On(e Environ) bool  { return v.Yes(e.Value(v)) }
func (v Lower) On(e Environ) bool  { return v.Yes(e.Value(v)) }
func (v Loose) On(e Environ) bool  { return v.Yes(e.Value(v)) }
func (v Filled) On(e Environ) bool { return v.Yes(e.Value(v)) }

func among(words, value string) bool {
	for word := range strings.SplitSeq(words, " ") {
		if word == value {
			return true
		}
	}
	return false
}

// No reports whether value says no in so many words. What is neither yes nor no counts as no, and is
// named to whoever set it.
func No(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "0", "false", "no", "off":
		return true
	}
	return false
}

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
