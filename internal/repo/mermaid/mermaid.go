package mermaid

import (
	"fmt"
	"regexp"
	"strings"
)

// Problem is a line of a diagram that does not parse.
type Problem struct {
	Line int // 1-based, of the diagram
	Text string
}

// Check returns the lines of a diagram that do not parse, none if it is drawn.
func Check(diagram string) []Problem {
	c := checker{}
	var statement func(line string) string
	n := 0
	for line := range strings.Lines(diagram) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "%%") {
			continue
		}
		if statement == nil {
			if statement = c.kind(line); statement == nil {
				return []Problem{{n, fmt.Sprintf("%q begins no known diagram: want flowchart DIRECTION, stateDiagram-v2 or sequenceDiagram", line)}}
			}
			continue
		}
		if why := statement(line); why != "" {
			c.problems = append(c.problems, Problem{n, fmt.Sprintf("%q %s", line, why)})
		}
	}
	switch {
	case statement == nil:
		return []Problem{{1, "is empty"}}
	case c.open > 0:
		c.problems = append(c.problems, Problem{n, fmt.Sprintf("%d groups are not ended", c.open)})
	}
	return c.problems
}

// checker is at a place in a diagram.
type checker struct {
	open     int // groups that are not ended
	problems []Problem
}

var flowchart = regexp.MustCompile(`^(?:flowchart|graph) (?:TB|TD|BT|LR|RL)$`)

// kind returns what reads the statements of the diagram that begins with a line.
func (c *checker) kind(line string) func(string) string {
	switch {
	case flowchart.MatchString(line):
		return c.flow
	case line == "stateDiagram-v2":
		return c.state
	case line == "sequenceDiagram":
		return c.sequence
	}
	return nil
}

// end ends a group.
func (c *checker) end() string {
	if c.open == 0 {
		return "ends no group"
	}
	c.open--
	return ""
}

// text is what may be within a node: quoted, it may have brackets.
const text = `(?:"[^"]+"|[^"\[\](){}<>|]+)`

var (
	subgraph  = regexp.MustCompile(`^subgraph [\w-]+(?: ?\[` + text + `\])?$|^subgraph "[^"]+"$`)
	direction = regexp.MustCompile(`^direction (?:TB|TD|BT|LR|RL)$`)
	style     = regexp.MustCompile(`^(?:classDef|class|style|linkStyle) [\w,-]+ \S.*$`)
	node      = regexp.MustCompile(`^([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)(?:\(\[` + text + `\]\)|\[\(` + text + `\)\]|\[\[` + text + `\]\]|\(\(` + text + `\)\)|\{\{` + text + `\}\}|\[` +
		text + `\]|\(` + text + `\)|\{` + text + `\})?(?::::\w+)?`)
	link = regexp.MustCompile(`^(?:<?--+(?:>|-|x\b|o\b)|<?-\.+->?|<?==+[>=])(?:\|` + text + `\|)?|^<?-- ?(?:"[^"]+"|[^"|<>\[\](){}-]+) ?--+>?|` +
		`^<?-\. ?(?:"[^"]+"|[^"|<>\[\](){}.-]+) ?\.->?|^<?== ?(?:"[^"]+"|[^"|<>\[\](){}=]+) ?==+>?`)
)

// flow reads a statement of a flowchart: nodes, and links between them.
func (c *checker) flow(line string) string {
	switch {
	case line == "end":
		return c.end()
	case subgraph.MatchString(line):
		c.open++
		return ""
	case direction.MatchString(line), style.MatchString(line):
		return ""
	}
	rest := strings.TrimSuffix(line, ";")
	for {
		name := node.FindStringSubmatch(rest)
		switch {
		case name == nil:
			return fmt.Sprintf("has no node at %q: quote a text that has brackets or quotes in it", rest)
		case name[1] == "end":
			return `names a node "end", which ends a group`
		}
		rest = strings.TrimSpace(rest[len(name[0]):])
		if rest == "" {
			return ""
		}
		if more, ok := strings.CutPrefix(rest, "& "); ok {
			rest = strings.TrimSpace(more)
			continue
		}
		arrow := link.FindString(rest)
		if arrow == "" {
			return fmt.Sprintf("has no link at %q: quote a text that has brackets or quotes in it", rest)
		}
		rest = strings.TrimSpace(rest[len(arrow):])
	}
}

var transition = regexp.MustCompile(`^(?:\[\*\]|\w+) --> (?:\[\*\]|\w+)(?: ?: ?\S.*)?$|^\w+ ?: ?\S.*$|^state "[^"]+" as \w+$|^state \w+(?: <<(?:choice|fork|join)>>)?$|` +
	`^note (?:right|left) of \w+ ?: ?\S.*$|^\w+$|^--$`)

// state reads a statement of a state diagram.
func (c *checker) state(line string) string {
	switch {
	case line == "}":
		return c.end()
	case strings.HasPrefix(line, "state ") && strings.HasSuffix(line, " {"):
		c.open++
		return ""
	case transition.MatchString(line), direction.MatchString(line):
		return ""
	}
	return `is no transition: want "A --> B: text"`
}

var (
	group   = regexp.MustCompile(`^(?:loop|alt|opt|par|critical|break|rect|box)\b`)
	branch  = regexp.MustCompile(`^(?:else|and|option)\b`)
	message = regexp.MustCompile(`^\w+ ?(?:<<)?--?(?:>>?|x|\)) ?[+-]?\w+ ?: ?[^;]+$|^(?:participant|actor) \w+(?: as [^;]+)?$|` +
		`^[Nn]ote (?:over \w+(?:, ?\w+)?|(?:right|left) of \w+) ?: ?[^;]+$|^(?:activate|deactivate) \w+$|^autonumber$`)
)

// sequence reads a statement of a sequence diagram.
func (c *checker) sequence(line string) string {
	switch {
	case line == "end":
		return c.end()
	case group.MatchString(line):
		c.open++
		return ""
	case branch.MatchString(line):
		if c.open == 0 {
			return "is in no group"
		}
		return ""
	case message.MatchString(line):
		return ""
	}
	return `is no message: want "A->>B: text", without ";" in the text`
}
