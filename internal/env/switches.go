package env

import (
	"slices"
	"strings"
)

// Switch is a variable that means yes or no. What its list of words does not have counts as no, whatever it
// looks like.
type Switch interface {
	Variable
	Yes(value string) bool
	Words() string // the values that mean yes, for a message
}

// Exact is a switch that takes its words letter for letter.
type Exact string

// Lower is a switch that takes its words in any case, without blanks around.
type Lower string

// Loose is a switch that takes its words in any case, and ignores blanks around them.
type Loose string

// Filled is set by programs for programs: anything that is not empty means yes.
type Filled string

// String returns the name.
func (v Exact) String() string { return nameOf(string(v)) }

// String returns the name.
func (v Lower) String() string { return nameOf(string(v)) }

// String returns the name.
func (v Loose) String() string { return nameOf(string(v)) }

// String returns the name.
func (v Filled) String() string { return nameOf(string(v)) }

// Words returns the values that mean yes.
func (v Exact) Words() string { return "1 true TRUE True yes YES Yes" }

// Words returns the values that mean yes.
func (v Lower) Words() string { return "1 true yes" }

// Words returns the values that mean yes.
func (v Loose) Words() string { return "1 true yes on" }

// Yes reports whether value means yes.
func (v Exact) Yes(value string) bool { return among(v.Words(), value) }

// Yes reports whether value means yes.
func (v Lower) Yes(value string) bool { return among(v.Words(), strings.ToLower(value)) }

// Yes reports whether value means yes.
func (v Loose) Yes(value string) bool {
	return among(v.Words(), strings.ToLower(strings.TrimSpace(value)))
}

// On reports whether the environment says yes.
func (v Exact) On(e Environ) bool { return v.Yes(e.Value(v)) }

// On reports whether the environment says yes.
func (v Lower) On(e Environ) bool { return v.Yes(e.Value(v)) }

// On reports whether the environment says yes.
func (v Loose) On(e Environ) bool { return v.Yes(e.Value(v)) }

// On reports whether the environment says yes.
func (v Filled) On(e Environ) bool { return e.Value(v) != "" }

func among(words, value string) bool { return slices.Contains(strings.Split(words, " "), value) }

// No reports whether value says no in so many words. What is neither yes nor no counts as no, and is named
// to whoever set it.
func No(value string) bool {
	return among(" 0 false no off", strings.ToLower(strings.TrimSpace(value)))
}
