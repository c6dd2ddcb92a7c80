package dotenv

import (
	"fmt"
	"strings"

	"caduceus/internal/env"
)

// File is what a .env file says.
type File struct {
	Values map[string]string
	Faults []Fault
}

// Fault is a line that says nothing to the agent. The cause never quotes the line: it may hold a secret.
type Fault struct {
	Line  int
	Cause string
}

// MaxSize is the largest file that a caller should read, in bytes. Reading takes time in proportion to the size.
const MaxSize = 1 << 20

// maxValues is how many bytes all values may have once their references are filled in. A value can be named twice by
// the next one, and that by the one after it.
const maxValues = 16 << 20

// Read reads the content of a file. A ${NAME} in a value is that of an earlier line, or else of environ.
func Read(content []byte, environ env.Environ) File {
	f := File{Values: map[string]string{}}
	text, err := decode(content)
	if err != nil {
		f.Faults = []Fault{{1, err.Error()}}
		return f
	}
	seen := map[string]string{}
	lookup := func(name string) (string, bool) {
		if value, ok := seen[name]; ok {
			return value, true
		}
		return environ.Lookup(name)
	}
	room := maxValues
	line, counted := 1, 0
	for p := (parser{text: text}); p.skipBlanks(); {
		line += strings.Count(text[counted:p.at], "\n")
		counted = p.at
		b := p.binding()
		if b.assigned {
			var fits bool
			if b.value, fits = expand(b.value, room, lookup); !fits {
				b.assigned, b.cause = false, tooLarge
			}
			room -= len(b.value)
		}
		if b.cause != "" {
			f.Faults = append(f.Faults, Fault{line, b.cause})
		}
		switch {
		case b.assigned:
			f.Values[b.name], seen[b.name] = b.value, b.value
		case b.cause == tooLarge:
		case b.name != "": // a name alone takes back what an earlier line has said
			delete(f.Values, b.name)
			seen[b.name] = ""
		}
	}
	return f
}

// Append returns content with one more line. It fails for text of which the line could not be a part.
func Append(content []byte, name, value string) ([]byte, error) {
	if encoding := wideEncoding(content); encoding != "" {
		return nil, fmt.Errorf("it is %s text: save it as UTF-8", encoding)
	}
	separator := ""
	if len(content) > 0 && content[len(content)-1] != '\n' {
		separator = "\n"
	}
	return fmt.Appendf(content, "%s%s=%s\n", separator, name, value), nil
}

// expand replaces each ${NAME} and ${NAME:-default} of a value, also of one in single quotes. It gives up, and reports
// so, where the result has more bytes than room.
func expand(value string, room int, lookup func(string) (string, bool)) (result string, fits bool) {
	var out strings.Builder
	add := func(text string) bool {
		out.WriteString(text)
		return out.Len() <= room
	}
	brace, colon := next(value, '}', 0), next(value, ':', 0)
	for at := 0; ; {
		begin := strings.Index(value[at:], "${")
		if begin < 0 || brace == len(value) {
			fits = add(value[at:])
			return out.String(), fits
		}
		if !add(value[at : at+begin]) {
			return "", false
		}
		at += begin + len("${")
		if brace < at {
			brace = next(value, '}', at)
		}
		if colon < at {
			colon = next(value, ':', at)
		}
		hasFallback := colon < brace
		if brace == len(value) || hasFallback && value[colon+1] != '-' { // no reference: the next one may start inside
			out.WriteString("${")
			continue
		}
		set, found := lookup(value[at:min(colon, brace)])
		if !found && hasFallback {
			set = value[colon+len(":-") : brace]
		}
		if !add(set) {
			return "", false
		}
		at = brace + 1
	}
}

// next returns the place of a byte in text from at on, the length of text if there is none.
func next(text string, c byte, at int) int {
	if i := strings.IndexByte(text[at:], c); i >= 0 {
		return at + i
	}
	return len(text)
}
