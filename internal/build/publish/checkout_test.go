package publish

import (
	"strings"
	"testing"
)

func TestFilesWithoutTheirRepositoryAreNotPublished(t *testing.T) {
	for name, c := range map[string]struct {
		there, directory bool
		want             string // of the refusal; "": none
	}{
		"a clone":    {true, true, ""},
		"a worktree": {true, false, `this is a worktree of git, whose repository lies elsewhere, so nothing says what the image was built from; publish from the clone itself, or give it with "--repository"`},
		"an archive": {false, false, "this is not a git repository, so nothing says what the image was built from; publish from a clone"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := Tree{Checkout: CheckoutOf(c.there, c.directory)}
			if c.want == "" {
				tree.Revision = "0123"
			}
			_, err := Request{Address: "registry.example/a/b", Variant: "full", Version: "1.2.3"}.Check(tree)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("want %q, got %v", c.want, err)
			}
			if label := tree.Label(); (label == "") != (c.want != "") {
				t.Errorf("label %q", label)
			}
		})
	}
}
