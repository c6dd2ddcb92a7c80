// Package maincmd decides what the words of CMD run: a program of the image, or a verb of the front.
//
// It looks at no file itself and starts nothing: the caller says which programs there are, and
// executes the one that is chosen.
package maincmd

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"caduceus/internal/launch"
)

// Program is what CMD runs.
type Program struct {
	Path string   // absolute or relative to the working directory; "" is the front itself
	Argv []string // with the name of the program; those of the front are without
	Code int      // 0, or why it cannot run: launch.NotFound or NotExecutable
}

// Choose returns the program of words. find lists the executables of a name on PATH, in its order; those in yields
// give way to the subcommand of the agent that has their name. executable returns why a path cannot be executed.
//
// contract: CMD-02
func Choose(words []string, find func(name string) []string, yields []string, executable func(path string) error) Program {
	if len(words) == 0 {
		return Program{}
	}
	name := words[0]
	if strings.ContainsRune(name, '/') {
		switch err := executable(name); {
		case err == nil:
			return Program{Path: name, Argv: words}
		case errors.Is(err, fs.ErrNotExist):
			return Program{Path: name, Code: launch.NotFound}
		default:
			return Program{Path: name, Code: launch.NotExecutable}
		}
	}
	for _, path := range find(name) {
		if !slices.Contains(yields, path) {
			return Program{Path: path, Argv: words}
		}
	}
	return Program{Argv: words}
}

// Chats reports whether the words after `hermes`, the profile's selection not among them, open a chat: what nobody can
// type into is of no use then. Words that this does not know are left to the agent.
//
// contract: CMD-09
func Chats(words []string) bool {
	if len(words) > 0 && words[0] == "chat" {
		words = words[1:]
	}
	for _, word := range words {
		if !slices.Contains([]string{"--tui", "--cli", "--dev", "--yolo", "--accept-hooks", "--continue", "-c", "--worktree", "-w"}, word) {
			return false
		}
	}
	return true
}

// ReadYields reads the list of programs that give way, which the build of the image made: "NAME PATH" a line. It
// returns the paths.
func ReadYields(r io.Reader) []string {
	var paths []string
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if _, path, found := strings.Cut(lines.Text(), " "); found {
			paths = append(paths, path)
		}
	}
	return paths
}
