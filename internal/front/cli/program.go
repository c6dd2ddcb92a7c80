package cli

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"caduceus/internal/launch"
)

// program is what the container's CMD runs.
type program struct {
	Path string   // absolute or relative to the directory; "" is the front itself
	Argv []string // with the program's name; of the front: without
	Code int      // launch.NotFound or NotExecutable: it cannot run
}

// chooseProgram routes CMD's words. find lists the executables of a name on PATH, in its order; yields
// says which of them give way to the agent's subcommand of that name: those that the image itself
// brings. stat looks at a path.
//
// contract: CMD-02
func chooseProgram(words []string, find func(name string) []string, yields []string, stat func(path string) error) program {
	if len(words) == 0 {
		return program{}
	}
	name := words[0]
	if strings.ContainsRune(name, '/') {
		switch err := stat(name); {
		case err == nil:
			return program{Path: name, Argv: words}
		case errors.Is(err, fs.ErrNotExist):
			return program{Path: name, Code: launch.NotFound}
		default:
			return program{Path: name, Code: launch.NotExecutable}
		}
	}
	for _, path := range find(name) {
		if !slices.Contains(yields, path) {
			return program{Path: path, Argv: words}
		}
	}
	return program{Argv: words}
}

// readYields reads the list that the image's build made: "name path" a line. Without a list no program
// gives way.
func readYields(r io.Reader) []string {
	var paths []string
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if _, path, found := strings.Cut(lines.Text(), " "); found {
			paths = append(paths, path)
		}
	}
	return paths
}
