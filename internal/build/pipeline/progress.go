package pipeline

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// keptLines is how much of each build step's output is kept for a failure.
const keptLines = 40

// vertex is one step of a build as BuildKit's plain progress tells it.
type vertex struct {
	name   string
	last   []string // of its output
	exit   string   // code of a command that failed
	silent bool     // BuildKit's own bookkeeping
}

// progress follows BuildKit's plain progress lines and tells what a person wants to
// see of them: one line for each step that took time, and nothing twice.
type progress struct {
	steps  map[string]*vertex
	cached int
	failed *vertex
	active string   // id of the step that wrote last
	tail   []string // lines of no step: the client's own words
}

var plainLine = regexp.MustCompile(`^#(\d+) (.*)$`)

var outputLine = regexp.MustCompile(`^\d+\.\d+ ?(.*)$`)

var doneLine = regexp.MustCompile(`^DONE (\d+\.\d+)s$`)

var exitCode = regexp.MustCompile(`exit code: (\d+)$`)

// shortStep is what needs no line of its own.
const shortStep = time.Second

// feed takes one line and gives the line to show, "" for none.
func (p *progress) feed(line string) string {
	m := plainLine.FindStringSubmatch(line)
	if m == nil {
		p.tail = keep(p.tail, line)
		return ""
	}
	id, text := m[1], m[2]
	if p.steps == nil {
		p.steps = map[string]*vertex{}
	}
	v, known := p.steps[id]
	if !known {
		v = &vertex{name: text, silent: !strings.HasPrefix(text, "[") || strings.HasPrefix(text, "[internal]")}
		p.steps[id] = v
		return ""
	}
	switch {
	case text == "CACHED":
		if !v.silent {
			p.cached++
		}
	case doneLine.MatchString(text):
		took, _ := time.ParseDuration(doneLine.FindStringSubmatch(text)[1] + "s") // the pattern fits
		if took >= shortStep {
			return fmt.Sprintf("  %8s  %s", seconds(took), clip(v.name))
		}
	case strings.HasPrefix(text, "ERROR: "):
		p.failed = v
		if m := exitCode.FindStringSubmatch(text); m != nil {
			v.exit = m[1] // the rest of the line repeats the command
		} else {
			v.last = keep(v.last, text)
		}
	case outputLine.MatchString(text):
		v.last = keep(v.last, outputLine.FindStringSubmatch(text)[1])
		p.active = id
	}
	return ""
}

// now is what the build does at the moment, for a long silence.
func (p *progress) now() string {
	v, ok := p.steps[p.active]
	if !ok || len(v.last) == 0 {
		return ""
	}
	return clip(v.name) + ": " + clip(v.last[len(v.last)-1])
}

// log is what the failed step wrote; where no step failed, the client's own words.
func (p *progress) log() []string {
	if p.failed != nil {
		return p.failed.last
	}
	return p.tail
}

func keep(lines []string, line string) []string {
	if strings.TrimSpace(line) == "" {
		return lines
	}
	lines = append(lines, line)
	return lines[max(0, len(lines)-keptLines):]
}

// clip shortens a text to what fits on a line of a terminal.
func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const width = 96
	if r := []rune(s); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return s
}
