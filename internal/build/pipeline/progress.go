package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// keptLines is how much of each build step's output is kept for a failure.
const keptLines = 40

// vertex is one step of a build, as BuildKit's plain progress reports it.
type vertex struct {
	name   string
	output []string // its last lines
	doing  string   // the last line of its output or status
	exit   string   // code of a command that failed
	silent bool     // BuildKit's own bookkeeping
}

// progress follows BuildKit's plain progress and picks what a person wants to see of it: one line for
// each step that took time, and nothing twice.
type progress struct {
	steps   map[string]*vertex
	running []*vertex // the one that wrote last stands last
	cached  int
	failed  *vertex
	tail    []string // lines of no step: the client's own words
}

var (
	plainLine  = regexp.MustCompile(`^#(\d+) (.*)$`)
	outputLine = regexp.MustCompile(`^\d+\.\d+ ?(.*)$`)
	doneLine   = regexp.MustCompile(`^DONE (\d+\.\d+)s$`)
	exitCode   = regexp.MustCompile(`exit code: (\d+)$`)
)

// shortStep is what needs no line of its own.
const shortStep = time.Second

// feed takes one line and returns the line to show, "" for none.
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
		p.running = append(p.running, v)
		return ""
	}
	p.running = slices.DeleteFunc(p.running, func(r *vertex) bool { return r == v })
	switch {
	case text == "CACHED":
		if !v.silent {
			p.cached++
		}
		return ""
	case text == "CANCELED":
		return ""
	case doneLine.MatchString(text):
		took, _ := time.ParseDuration(doneLine.FindStringSubmatch(text)[1] + "s") // the pattern fits
		if took >= shortStep {
			return fmt.Sprintf("  %8s  %s", seconds(took), clip(v.name))
		}
		return ""
	case strings.HasPrefix(text, "ERROR: "):
		p.failed = v
		if m := exitCode.FindStringSubmatch(text); m != nil {
			v.exit = m[1] // the rest of the line repeats the command
		} else {
			v.output = keep(v.output, text)
		}
		return ""
	}
	p.running = append(p.running, v)
	v.note(text)
	return ""
}

// note keeps a line that a running step wrote: "1.234 output" of a command, or the status of BuildKit's
// own work. BuildKit also repeats a step's digest or name, and ends with "..." what it goes on with later.
func (v *vertex) note(text string) {
	switch m := outputLine.FindStringSubmatch(text); {
	case m != nil:
		v.output = keep(v.output, m[1])
		if strings.TrimSpace(m[1]) != "" {
			v.doing = m[1]
		}
	case text != "..." && text != v.name && !strings.HasPrefix(text, "sha256:"):
		v.doing = text
	}
}

// now is what the build does at the moment, for a long silence.
func (p *progress) now() string {
	if len(p.running) == 0 {
		return "waiting for the engine"
	}
	v := p.running[len(p.running)-1]
	if v.doing == "" {
		return clip(v.name)
	}
	return clip(v.name) + ": " + clip(v.doing)
}

// log is what the failed step wrote; where no step failed, the client's own words.
func (p *progress) log() []string {
	if p.failed != nil {
		return p.failed.output
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
