package local

import (
	"context"
	"strings"

	"caduceus/internal/build/publish"
	"caduceus/internal/host"
)

// Tree asks git about the repository in dir, a clone or a worktree. Where there is none the tree has no revision;
// nor has one that was unpacked inside another repository, whose revision says nothing of it.
func Tree(ctx context.Context, run host.Runner, dir string) (publish.Tree, error) {
	git := func(args ...string) (string, error) {
		var out strings.Builder
		err := run.Run(ctx, host.Cmd{Path: "git", Args: args, Dir: dir, Stdout: &out})
		return out.String(), err
	}
	revision, err := git("rev-parse", "HEAD")
	if err != nil {
		return publish.Tree{}, ctx.Err()
	}
	below, err := git("rev-parse", "--show-prefix")
	if err != nil || strings.TrimSpace(below) != "" {
		return publish.Tree{}, err
	}
	status, err := git("status", "--porcelain")
	if err != nil {
		return publish.Tree{}, err
	}
	return publish.Tree{Revision: strings.TrimSpace(revision), Dirty: dirty(status)}, nil
}

// dirty reads "git status --porcelain": two letters, a space, the file.
func dirty(status string) []string {
	var files []string
	for line := range strings.Lines(status) {
		if line = strings.TrimRight(line, "\n"); len(line) > 3 {
			files = append(files, line[3:])
		}
	}
	return files
}
