package local

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"caduceus/internal/build/publish"
	"caduceus/internal/host"
)

// RecordPass notes that an image of the engine passed all container tests of the repository
// in root, and returns the line to print. A tree with changes that are in no revision
// leaves no record.
func RecordPass(ctx context.Context, run host.Runner, root, imageID string, tests int) (string, error) {
	tree, err := Tree(ctx, run, root)
	if err != nil {
		return "", err
	}
	if tree.Revision == "" || len(tree.Dirty) > 0 {
		return "publish: not ready, the tree is not that of a revision", nil
	}
	pass := publish.Pass{Image: imageID, Revision: tree.Revision, Tests: tests, At: time.Now().UTC()}
	if err := publish.Record(filepath.Join(root, ".cache"), pass); err != nil {
		return "", err
	}
	return fmt.Sprintf("publish: ready, %s passed in revision %.12s", imageID, tree.Revision), nil
}
