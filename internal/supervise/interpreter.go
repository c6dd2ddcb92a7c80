package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/s6"
)

// maxShebang is the length of the first line that the kernel looks at.
const maxShebang = 256

// errNoExec: a binary, or a file that nobody may execute.
var errNoExec = fmt.Errorf("%w: not executable, or a binary on a noexec mount", fs.ErrPermission)

// interpreter is the command line that the kernel would make for the script at
// path, whose x bit counts for nothing on a noexec mount.
//
// spec: SUP-27.
func interpreter(dir *s6.Dir, path string, argv []string) ([]string, error) {
	f, err := dir.Open(path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, maxShebang)
	n, err := f.Read(head)
	words := shebang(head[:n])
	if err != nil || words == nil || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("cannot execute %q: %w", path, errors.Join(err, errNoExec))
	}
	return append(append(words, path), argv[1:]...), nil
}

// shebang splits a first line "#! interpreter [one argument]"; nil if it is none.
func shebang(head []byte) []string {
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	line, _, _ = bytes.Cut(line, []byte("\n"))
	text := strings.Trim(string(line), " \t")
	if !isScript || text == "" {
		return nil
	}
	name := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })[0]
	words := []string{name}
	if arg := strings.TrimLeft(text[len(name):], " \t"); arg != "" {
		words = append(words, arg)
	}
	return words
}
