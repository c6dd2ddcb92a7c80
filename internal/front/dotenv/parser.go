package dotenv

import (
	"strings"
	"unicode/utf8"
)

// Causes of faults.
const (
	noEquals   = `no "=" after a name`
	noName     = `no name before "="`
	oddName    = "the name has a blank, quote or # in it"
	markedName = "a byte order mark before the name"
	openQuote  = "a quote is never closed"
	tooLarge   = "the value is too large, with the values that it names"
	afterQuote = "text after the closing quote"
)

// parser reads bindings one after the other. A binding is an assignment, a comment, or a fault that takes the
// rest of its line; a value in quotes may span lines.
type parser struct {
	text string
	at   int // of the next byte
}

// binding is one thing that a file says. A fault may be a binding for the agent, if not one that was meant.
type binding struct {
	name, value string
	assigned    bool
	cause       string
}

// skipBlanks goes to the next character that is not white space, and reports whether there is one.
func (p *parser) skipBlanks() bool {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.rest(), isSpace))
	return p.at < len(p.text)
}

func (p *parser) rest() string { return p.text[p.at:] }

// line is what is left of the line.
func (p *parser) line() string {
	line, _, _ := strings.Cut(p.rest(), "\n")
	return line
}

// skipInline goes over white space of the line.
func (p *parser) skipInline() {
	line := p.line()
	p.at += len(line) - len(strings.TrimLeftFunc(line, isSpace))
}

// binding reads one binding, which begins here.
func (p *parser) binding() binding {
	if p.rest()[0] == '#' {
		p.at += len(p.line())
		return binding{}
	}
	p.skipExport()
	name, cause := p.name()
	if cause != "" {
		return p.fail(cause)
	}
	b := binding{name: name}
	p.skipInline()
	if strings.HasPrefix(p.rest(), "=") {
		p.at++
		p.skipInline()
		if b.value, cause = p.value(); cause != "" {
			return p.fail(cause)
		}
		b.assigned = true
	}
	line := strings.TrimLeftFunc(p.line(), isSpace)
	switch ends := line == "" || line[0] == '#'; {
	case !ends && b.assigned:
		return p.fail(afterQuote)
	case name == byteOrderMark && !b.assigned: // and a comment
	case !b.assigned && strings.Contains(line, "="):
		b.cause = oddName
	case !b.assigned:
		b.cause = noEquals
	case strings.HasPrefix(name, byteOrderMark):
		b.cause = markedName
	case strings.ContainsAny(name, " \t'\""):
		b.cause = oddName
	}
	if line != "" && line[0] != '#' {
		return p.fail(b.cause)
	}
	p.at += len(p.line())
	return b
}

// fail gives up the rest of the line.
func (p *parser) fail(cause string) binding {
	p.at += len(p.line())
	return binding{cause: cause}
}

// skipExport goes over the word that a shell would want before a name.
func (p *parser) skipExport() {
	after, found := strings.CutPrefix(p.line(), "export")
	if r, _ := utf8.DecodeRuneInString(after); found && after != "" && isSpace(r) {
		p.at += len("export")
		p.skipInline()
	}
}

// name reads a name, which may stand in single quotes.
func (p *parser) name() (name, cause string) {
	if quoted, found := strings.CutPrefix(p.rest(), "'"); found {
		name, _, closed := strings.Cut(quoted, "'")
		switch {
		case !closed:
			return "", openQuote
		case name == "":
			return "", noName
		}
		p.at += len("'" + name + "'")
		return name, ""
	}
	rest := p.rest()
	end := strings.IndexFunc(rest, func(r rune) bool { return r == '=' || r == '#' || isSpace(r) })
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return "", noName
	}
	p.at += end
	return rest[:end], ""
}

// value reads a value up to the end of its quotes, or of the line.
func (p *parser) value() (value, cause string) {
	rest := p.rest()
	switch {
	case strings.HasPrefix(rest, "'"):
		return p.quoted(`\'`)
	case strings.HasPrefix(rest, `"`):
		return p.quoted(`\'"abfnrtv`)
	}
	line := p.line()
	p.at += len(line)
	return strings.TrimRightFunc(withoutComment(line), isSpace), ""
}

// withoutComment cuts a line at the first # that follows white space.
func withoutComment(line string) string {
	blank := false
	for i, r := range line {
		if r == '#' && blank {
			return line[:i]
		}
		blank = isSpace(r)
	}
	return line
}

// quoted reads a value in quotes. Of escapes it knows those of the characters given.
func (p *parser) quoted(escapes string) (value, cause string) {
	rest := p.rest()
	length := closing(rest)
	if length < 0 {
		return "", openQuote
	}
	p.at += length + 1
	return unescape(rest[1:length], escapes), ""
}

// closing returns the place of the quote that closes the one at the beginning of text, -1 if there is none.
// One behind a backslash closes if no other does.
func closing(text string) int {
	escaped := -1
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == text[0]:
			i++
			escaped = i
		case text[i] == text[0]:
			return i
		}
	}
	return escaped
}

func unescape(value, known string) string {
	const letters, meanings = "abfnrtv", "\a\b\f\n\r\t\v"
	var out strings.Builder
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '\\' && i+1 < len(value) && strings.IndexByte(known, value[i+1]) >= 0 {
			i++
			c = value[i]
			if n := strings.IndexByte(letters, c); n >= 0 {
				c = meanings[n]
			}
		}
		out.WriteByte(c)
	}
	return out.String()
}
