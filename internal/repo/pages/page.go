package pages

import (
	"regexp"
	"strings"
)

// Step is one thing that a page tells its reader to do.
type Step struct {
	Line    int    // 1-based, of the page
	Section int    // line of the heading above, 0: none
	Text    string // the command, its continuation lines joined by one space; or what the file holds
	File    string // the file that the reader writes; "": the step is a command
	Want    Output // what the page shows as the output
}

// Output is a block of output as a page shows it.
type Output struct {
	Line  int // 1-based, of its first line; 0: the page shows none
	Text  string
	Steps int // how many commands printed it: this one and those right before
}

// Paragraph is a run of prose lines.
type Paragraph struct {
	Line int
	Text string
}

// Page is a page as a reader follows it.
type Page struct {
	Steps []Step
	Prose []Paragraph // blocks apart
}

// Commands are the steps that are typed.
func (p Page) Commands() []Step {
	var commands []Step
	for _, s := range p.Steps {
		if s.File == "" {
			commands = append(commands, s)
		}
	}
	return commands
}

var (
	fileName  = regexp.MustCompile(`^# ([\w./-]*(?:\.(?:ya?ml|env|toml|conf)|Dockerfile|\.env))$`)
	heredoc   = regexp.MustCompile(`<<-?\s*['"]?(\w+)['"]?`)
	titleLine = regexp.MustCompile(`^#+ `)
)

// reader collects a page line by line.
type reader struct {
	page    Page
	section int
	block   *block
	fresh   int // commands of the last block that still wait for their output, 0: none
	prose   Paragraph
}

// block is a fenced block that is being read.
type block struct {
	language string
	fence    string // what closes it
	line     int    // of its first line of text
	lines    []string
}

// Read reads the Markdown text of a page. Commands are the lines of a block marked sh, and those with a "$ " in
// front in a block marked console. Output is the rest of a console block, or a block marked text after a block of
// commands with at most one paragraph between. A block of another language whose first line is a comment with a
// file name is that file, and a block marked dockerfile is the Dockerfile.
func Read(text string) Page {
	r := &reader{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if quoted, ok := strings.CutPrefix(line, ">"); ok { // blocks in quotes count
			line = strings.TrimPrefix(quoted, " ")
		}
		r.read(n, line)
	}
	r.endProse()
	return r.page
}

func (r *reader) read(n int, line string) {
	trimmed := strings.TrimSpace(line)
	switch {
	case r.block != nil && trimmed == r.block.fence:
		r.close()
		r.block = nil
	case r.block != nil:
		r.block.lines = append(r.block.lines, line)
	case strings.HasPrefix(trimmed, "```"):
		r.endProse()
		language := strings.TrimLeft(trimmed, "`")
		r.block = &block{language: language, fence: strings.TrimSuffix(trimmed, language), line: n + 1}
	case titleLine.MatchString(line):
		r.endProse()
		r.section, r.fresh = n, 0
	case trimmed == "":
		r.endProse()
	case r.prose.Line == 0:
		r.prose = Paragraph{n, trimmed}
	default:
		r.prose.Text += " " + trimmed
	}
}

// endProse ends a paragraph. The second one after a block of commands ends the wait for its output.
func (r *reader) endProse() {
	if r.prose.Line == 0 {
		return
	}
	r.page.Prose = append(r.page.Prose, r.prose)
	r.prose = Paragraph{}
	if last := len(r.page.Prose) - 2; r.fresh > 0 && last >= 0 {
		if steps := r.page.Steps; r.page.Prose[last].Line > steps[len(steps)-1].Line {
			r.fresh = 0
		}
	}
}

// close takes a block that has been read to its end.
func (r *reader) close() {
	b := r.block
	outdent(b.lines)
	switch {
	case b.language == "sh":
		r.fresh = 0
		for at := 0; at < len(b.lines); {
			at = r.command(b, at)
		}
	case b.language == "console":
		r.fresh = 0
		for at := 0; at < len(b.lines); {
			at = r.console(b, at)
		}
		r.fresh = 0
	case b.language == "text" && r.fresh > 0:
		r.promise(b.line, b.lines, r.fresh)
		r.fresh = 0
	default:
		r.file(b)
		r.fresh = 0
	}
}

// outdent takes away what all lines of a block in a list have in front.
func outdent(lines []string) {
	least := -1
	for _, l := range lines {
		if n := len(l) - len(strings.TrimLeft(l, " ")); strings.TrimSpace(l) != "" && (least < 0 || n < least) {
			least = n
		}
	}
	for i, l := range lines {
		lines[i] = l[min(max(least, 0), len(l)):]
	}
}

// command reads the command that begins at lines[at], and returns where the next one does.
func (r *reader) command(b *block, at int) int {
	start, text := at, ""
	for ; at < len(b.lines); at++ {
		line := strings.TrimSpace(b.lines[at])
		if text == "" && (line == "" || strings.HasPrefix(line, "#")) {
			return at + 1
		}
		part, more := strings.CutSuffix(line, "\\")
		text += strings.TrimSpace(part)
		if !more {
			break
		}
		text += " "
	}
	text, _, _ = strings.Cut(text, "  #") // a comment that explains the command
	if m := heredoc.FindStringSubmatch(text); m != nil {
		for at++; at < len(b.lines); at++ {
			text += "\n" + b.lines[at]
			if strings.TrimSpace(b.lines[at]) == m[1] {
				break
			}
		}
	}
	r.page.Steps = append(r.page.Steps, Step{Line: b.line + start, Section: r.section, Text: strings.TrimSpace(text)})
	r.fresh++
	return at + 1
}

// console reads a command after "$ " and the output below it.
func (r *reader) console(b *block, at int) int {
	if !strings.HasPrefix(b.lines[at], "$ ") {
		return at + 1
	}
	b.lines[at] = strings.TrimPrefix(b.lines[at], "$ ")
	at = r.command(b, at)
	from := at
	for at < len(b.lines) && !strings.HasPrefix(b.lines[at], "$ ") {
		at++
	}
	if at > from {
		r.promise(b.line+from, b.lines[from:at], 1)
	}
	return at
}

func (r *reader) promise(line int, lines []string, steps int) {
	last := &r.page.Steps[len(r.page.Steps)-1]
	last.Want = Output{Line: line, Text: strings.Join(lines, "\n"), Steps: steps}
}

func (r *reader) file(b *block) {
	name := ""
	switch {
	case len(b.lines) > 0 && fileName.MatchString(b.lines[0]):
		name = fileName.FindStringSubmatch(b.lines[0])[1]
	case b.language == "dockerfile":
		name = "Dockerfile"
	default:
		return
	}
	r.page.Steps = append(r.page.Steps, Step{Line: b.line, Section: r.section, Text: strings.Join(b.lines, "\n") + "\n", File: name})
}
