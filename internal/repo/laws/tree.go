package laws

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// File is a file of the repository.
type File struct {
	Name string // slash-separated, relative to the root
	Text string
}

// Lines are the lines by their 1-based numbers.
func (f File) Lines() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.SplitSeq(f.Text, "\n") {
			if n++; !yield(n, line) {
				return
			}
		}
	}
}

// Go parses a Go file with its comments.
func (f File) Go() (*token.FileSet, *ast.File, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, f.Name, f.Text, parser.ParseComments|parser.SkipObjectResolution)
	return set, parsed, err
}

// Tree is what the repository's authors wrote and what generators committed, read once for all laws.
type Tree struct {
	files []File
	at    map[string]int // index into files; -1 for what is there and not read
}

// Read reads the repository at root, without version control and outputs. Of the data of tests it notes the
// names alone.
func Read(root fs.FS) (Tree, error) {
	tree := Tree{at: map[string]int{}}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir():
			tree.at[name] = -1
			return nil
		case d.Name() == mageOutput:
			return nil
		case !d.Type().IsRegular() || strings.Contains(name, "/testdata/"):
			tree.at[name] = -1
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return fmt.Errorf("cannot read the repository: %w", err)
		}
		tree.at[name] = len(tree.files)
		tree.files = append(tree.files, File{name, string(text)})
		return nil
	})
	return tree, err
}

// mageOutput is what mage makes beside its targets while it compiles them.
const mageOutput = "mage_output_file.go"

func skipped(dir string) bool {
	switch dir {
	case ".git", ".cache", "dist", "node_modules", "artifacts":
		return true
	}
	return false
}

// Files are those that one of the patterns matches (path.Match): by their path where it has a slash, else
// by their name alone.
func (t Tree) Files(patterns ...string) iter.Seq[File] {
	return func(yield func(File) bool) {
		for _, f := range t.files {
			if matches(f.Name, patterns) && !yield(f) {
				return
			}
		}
	}
}

func matches(name string, patterns []string) bool {
	for _, p := range patterns {
		subject := name
		if !strings.Contains(p, "/") {
			subject = path.Base(name)
		}
		if ok, _ := path.Match(p, subject); ok { // the patterns are constants
			return true
		}
	}
	return false
}

// File returns a file by its path.
func (t Tree) File(name string) (File, bool) {
	if at, there := t.at[name]; there && at >= 0 {
		return t.files[at], true
	}
	return File{}, false
}

// Has reports whether a file or folder is there.
func (t Tree) Has(name string) bool {
	_, there := t.at[path.Clean(name)]
	return there
}
