package client

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

// tree makes a root's service, one whose supervise/ is another user's, a slot of another user, and links to them.
func tree(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes files of another user, which needs root")
	}
	top := t.TempDir()
	for _, dir := range []string{top, filepath.Dir(top)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const foreign = 10000
	for path, uid := range map[string]int{
		"named": 0, "roots": 0, "roots/supervise": 0, "roots/event": 0, "roots/.s6-svscan": 0,
		"static": 0, "static/supervise": foreign, "static/event": foreign,
		"events": 0, "events/supervise": 0, "events/event": foreign,
		"scandir": 0, "scandir/.s6-svscan": foreign,
		"hermes": foreign, "hermes/slot": foreign, "hermes/slot/supervise": foreign, "hermes/roots": 0,
	} {
		if err := os.MkdirAll(filepath.Join(top, path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Join(top, path), uid, uid); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"hermes/link": "../roots", "hermes/events": "../events", "hermes/named": "../named", "link": "roots"} {
		if err := os.Symlink(target, filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(top, "all"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(top, "all"), 0o777); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return top
}

func TestRootKeepsItsRightsForWhatIsItsOwn(t *testing.T) {
	clause.Proves(t, "SVC-11")
	top := tree(t)
	for args, want := range map[string]string{
		"-u T/roots":          "root: -u T/roots",
		"-u T/link":           "root: -u T/roots",
		"-u T/roots T/link/.": "root: -u T/roots T/roots",
		"":                    "root: ",
		"-u T/gone":           "root: -u T/gone",
		"-T 5 T/roots/absent": "root: -T 5 T/roots/absent",
		"-u T/static":         "hermes: -u T/static",
		"-u T/events":         "hermes: -u T/events",
		"-a T/scandir":        "hermes: -a T/scandir",
		"-u T/hermes/slot":    "hermes: -u T/hermes/slot",
		"-u T/hermes/roots":   "hermes: -u T/hermes/roots",
		"-u T/hermes/link":    "hermes: -u T/hermes/link",
		"-u T/all":            "hermes: -u T/all",
		"-u T/roots T/static": "hermes: -u T/roots T/static",
		"-a T/hermes":         "hermes: -a T/hermes",
	} {
		resolved, roots := Resolve(strings.Fields(strings.ReplaceAll(args, "T/", top+"/")))
		who := "hermes: "
		if roots {
			who = "root: "
		}
		if diff := cmp.Diff(want, who+strings.ReplaceAll(strings.Join(resolved, " "), top+"/", "T/")); diff != "" {
			t.Errorf("%s: %s", args, diff)
		}
	}
}
