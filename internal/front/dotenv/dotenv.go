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

// Read reads the content of a file. A ${NAME} in a value is that of an earlier line, or else of environ.
func Read(content []byte, environ env.Environ) File {
	f := File{Values: map[string]string{}}
	text, err := decode(content)
	if err != nil {
		f.Faults = []Fault{{1, err.Error()}}
		return f
	}
	seen := environ
	for p := (parser{text: text}); p.skipBlanks(); {
		line := 1 + strings.Count(text[:p.at], "\n")
		b := p.binding()
		if b.cause != "" {
			f.Faults = append(f.Faults, Fault{line, b.cause})
		}
		switch {
		case b.assigned:
			value := expand(b.value, seen)
			f.Values[b.name] = value
			seen = seen.With(b.name, value)
		case b.name != "": // a name alone takes back what an earlier line has said
			delete(f.Values, b.name)
			seen = seen.With(b.name, "")
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

// expand replaces each ${NAME} and ${NAME:-default} of a value, also of one in single quotes.
func expand(value string, environ env.Environ) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(value, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inner, after, closed := strings.Cut(rest, "}")
		name, fallback, hasFallback := strings.Cut(inner, ":")
		if !closed || hasFallback && !strings.HasPrefix(fallback, "-") { // no reference: the next one may start inside
			out.WriteString("${")
			value = rest
			continue
		}
		if set, ok := environ.Lookup(name); ok {
			out.WriteString(set)
		} else {
			out.WriteString(strings.TrimPrefix(fallback, "-"))
		}
		value = after
	}
}
