package boot_test

import (
	"os"
	"testing"

	"caduceus/internal/clause"
)

// A directory of PATH that another user can write to comes last for root, and only for root: the
// image's own PATH has one of hermes' before those of the system.
func TestRootLooksIntoForeignDirectoriesLast(t *testing.T) {
	clause.Proves(t, "ENV-02", "ENV-04", "SUP-63")
	t.Parallel()
	for name, c := range map[string]struct {
		uid  int
		path string // the directory of PATH
		want string
	}{
		"root":                           {0, "/srv/bin", "system only here\n"},
		"root, by a parent of the other": {0, "/srv/bin/roots", "system only here\n"},
		"root, by a link of the other":   {0, "/srv/bin/link", "system only here\n"},
		"root, by a link of its own":     {0, "/srv/own", "system only here\n"},
		"another user":                   {10000, "/srv/bin", "foreign only here\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.entry.UID = c.uid
			b.setenv("S6_VERBOSITY=1")
			b.entry.Env[0] = "PATH=" + c.path + ":/usr/bin:/bin"
			for _, dir := range []string{"srv/bin/", "srv/bin/roots/"} {
				b.script(dir+"printenv", "echo foreign")
				b.script(dir+"own", "echo only here")
			}
			b.must(os.Symlink("roots", b.path("srv/bin/link")))
			b.must(os.Symlink("bin", b.path("srv/own")))
			b.must(os.Chown(b.path("srv/bin"), 10000, 10000))
			b.must(os.Lchown(b.path("srv/bin/link"), 10000, 10000))
			b.setenv("WORD=system")
			p := b.run("sh", "-c", `echo $(/command/with-contenv printenv WORD; /command/with-contenv own)`)
			p.expect(0)
			if got := p.stdout.String(); got != c.want {
				t.Errorf("stdout %q, want %q", got, c.want)
			}
		})
	}
}
