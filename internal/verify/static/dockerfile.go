package static

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Lines finds the line of a Dockerfile that made an entry of a history.
type Lines struct {
	instructions []instruction
}

type instruction struct {
	text string // on one line, without what a builder leaves out
	line int    // its first, from 1
}

// ReadDockerfile reads a Dockerfile.
func ReadDockerfile(path string) (Lines, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Lines{}, fmt.Errorf("cannot read the Dockerfile: %w", err)
	}
	return parseDockerfile(string(text)), nil
}

func parseDockerfile(text string) Lines {
	var l Lines
	open := ""
	first := 0
	for n, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if open == "" {
			first = n + 1
		}
		if rest, more := strings.CutSuffix(trimmed, `\`); more {
			open += rest + " "
			continue
		}
		l.instructions = append(l.instructions, instruction{normal(open + trimmed), first})
		open = ""
	}
	return l
}

// Of returns the line of the instruction that made an entry; false where none fits. Of several that fit, the last one counts,
// as it does in an image.
func (l Lines) Of(createdBy string) (line int, found bool) {
	want := normal(createdBy)
	for _, i := range l.instructions {
		if i.text == want || sameCopy(i.text, want) || sameWord("HEALTHCHECK ", i.text, want) {
			line, found = i.line, true
		}
	}
	return line, found
}

var blanks = regexp.MustCompile(`\s+`)

// normal is an instruction as all builders would write it down: the one that came with Docker notes
// "/bin/sh -c #(nop) ENV A=b", BuildKit "ENV A=b" and "RUN /bin/sh -c x # buildkit", a Dockerfile may say ENV A b.
func normal(text string) string {
	text = strings.TrimSuffix(strings.TrimSpace(text), "# buildkit")
	if rest, is := strings.CutPrefix(text, "/bin/sh -c #(nop)"); is {
		text = rest
	} else if rest, is := strings.CutPrefix(text, "/bin/sh -c "); is {
		text = "RUN " + rest
	}
	text = strings.Replace(text, "RUN /bin/sh -c ", "RUN ", 1)
	text = strings.TrimSpace(blanks.ReplaceAllString(text, " "))
	word, rest, _ := strings.Cut(text, " ")
	word = strings.ToUpper(word)
	switch word {
	case "ENV", "LABEL":
		name, value, _ := strings.Cut(rest, " ")
		if !strings.Contains(name, "=") {
			rest = name + "=" + value
		}
		rest = strings.ReplaceAll(rest, `"`, "")
	case "ENTRYPOINT", "CMD":
		rest = strings.ReplaceAll(rest, `", "`, `" "`)
		rest = strings.ReplaceAll(rest, `","`, `" "`)
	case "RUN":
		for strings.HasPrefix(rest, "--") {
			_, rest, _ = strings.Cut(rest, " ")
		}
	}
	return word + " " + rest
}

// sameWord reports whether both are one instruction, of which only the last counts: a builder notes a health check in a
// form of its own.
func sameWord(word, a, b string) bool {
	return strings.HasPrefix(a, word) && strings.HasPrefix(b, word)
}

// sameCopy compares by the destination: a builder notes digests in the place of sources.
func sameCopy(a, b string) bool {
	last := func(text string) string {
		text = strings.TrimSuffix(strings.TrimSpace(text), "/")
		return text[strings.LastIndex(text, " ")+1:]
	}
	return sameWord("COPY ", a, b) && last(a) == last(b)
}
