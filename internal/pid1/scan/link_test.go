package scan

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func TestForeignLinksToServices(t *testing.T) {
	clause.Proves(t, "SUP-13")
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
	for name, c := range map[string]struct {
		link, target int
		follow       bool
	}{
		"root's link to root's":         {0, 0, true},
		"root's link to another user's": {0, 1234, true},
		"a user's link to their own":    {1234, 1234, true},
		"a user's link to root's":       {1234, 0, false},
		"a user's link to another's":    {1234, 1235, false},
	} {
		t.Run(name, func(t *testing.T) {
			base, target := t.TempDir(), t.TempDir()
			link := filepath.Join(base, "foo")
			if err := errors.Join(os.Symlink(target, link), os.Lchown(link, c.link, c.link), os.Chown(target, c.target, c.target)); err != nil {
				t.Fatal(err)
			}
			scandir, err := held.Open(base, held.FollowAll)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = scandir.Close() }()
			service, err := openService(scandir, "foo")
			if (err == nil) != c.follow {
				t.Errorf("%v", err)
			}
			if err == nil {
				_ = service.Close()
			}
		})
	}
}
