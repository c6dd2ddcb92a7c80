package laws

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Violation is one breach of a law.
type Violation struct {
	File string // slash-separated, relative to the root of the repository
	Line int    // 1-based; 0 when the whole file is meant
	Text string // what is wrong and what mends it
}

func (v Violation) String() string {
	if v.Line == 0 {
		return fmt.Sprintf("%s: %s", v.File, v.Text)
	}
	return fmt.Sprintf("%s:%d: %s", v.File, v.Line, v.Text)
}

// skippedDirs are never part of the source: outputs and version control.
func skippedDir(name string) bool {
	switch name {
	case ".git", ".cache", "dist", "node_modules", "testdata", "artifacts":
		return true
	}
	return false
}

// goFiles lists the Go files of the tree that people wrote, tests included.
func goFiles(tree fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && skippedDir(d.Name()) {
			return fs.SkipDir
		}
		if !d.IsDir() && path.Ext(p) == ".go" && !strings.HasSuffix(p, ".gen.go") {
			files = append(files, p)
		}
		return nil
	})
	return files, err
}
