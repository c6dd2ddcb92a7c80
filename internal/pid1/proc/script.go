package proc

import (
	"bytes"
	"io"
	"strings"
)

// maxShebang is the length of the first line that the kernel looks at.
const maxShebang = 256

// Script is the command line that the kernel would make for a script: the interpreter of its first
// line, that line's one argument, whatever blanks it holds, then path and the arguments in argv. It
// reads the beginning of content, and gives nil if that is no script.
//
// spec: SUP-27.
func Script(content io.Reader, path string, argv []string) []string {
	head, _ := io.ReadAll(io.LimitReader(content, maxShebang)) // what was read before an error counts
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	line, _, _ = bytes.Cut(line, []byte("\n"))
	text := strings.Trim(string(line), " \t")
	if !isScript || text == "" {
		return nil
	}
	words := []string{text}
	if end := strings.IndexAny(text, " \t"); end > 0 {
		words = []string{text[:end], strings.TrimLeft(text[end:], " \t")}
	}
	return append(append(words, path), argv[1:]...)
}
