package log

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxName is how much of a name is printed, in bytes.
const maxName = 64

// Escape makes one printable line of text that others may have chosen: a terminal that shows it does nothing else. A line
// end becomes "; ", what cannot be printed becomes its number.
func Escape(text string) string {
	if strings.IndexFunc(text, isUnsafe) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '\n':
			b.WriteString("; ")
		case r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[0]), 16))
		case isUnsafe(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		text = text[size:]
	}
	return b.String()
}

func isUnsafe(r rune) bool { return !strconv.IsPrint(r) }

// Name is the name of a service in a line: as it is if it is a usual one, else quoted, and cut.
func Name(name string) string {
	usual := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._@:+/-", r)
	}
	if len(name) <= maxName && strings.TrimFunc(name, usual) == "" {
		return name
	}
	if len(name) > maxName {
		return strconv.QuoteToASCII(name[:maxName]) + "..."
	}
	return strconv.QuoteToASCII(name)
}
