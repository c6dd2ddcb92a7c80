package setup

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/pastids"
)

// owned gives an entry of the volume a uid and a gid.
func (c *container) owned(rel string, uid, gid int) {
	c.t.Helper()
	c.file("opt/data/"+rel, "x", 0o600)
	if err := os.Lchown(c.data(rel), uid, gid); err != nil {
		c.t.Fatal(err)
	}
}

// ids returns UID:GID of an entry of the volume.
func (c *container) ids(rel string) string {
	c.t.Helper()
	return owner(c.data(rel)).String()
}

// recreate makes a new container with the same volume.
func (c *container) recreate() {
	c.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nhermes:x:10000:10000::/opt/data:/bin/bash\n", 0o644)
	c.file("etc/group", "root:x:0:\nhermes:x:10000:\n", 0o644)
}

func TestWhatBelongedToHermesFollowsAndNothingElse(t *testing.T) {
	clause.Proves(t, "SETUP-11", "WHO-01", "WHO-02")
	c := newContainer(t)
	c.run("HERMES_UID=1000", "HERMES_GID=100")
	for rel, ids := range map[string][2]int{
		".ssh/key": {1000, 100}, "proj/deep/f": {1000, 100}, "proj/group": {1000, 77}, "workspace/mine": {1000, 100},
		"proj/image": {10000, 10000}, "other": {4711, 4711}, "workspace/other": {4711, 100}, "proj/root": {0, 0}, "workspace/root": {0, 0},
	} {
		c.owned(rel, ids[0], ids[1])
	}
	c.recreate()
	out := c.run("HERMES_UID=2000", "HERMES_GID=200")
	c.expect(out, "[stage2] Gave hermes (2000:200) what belonged to its former ids in /opt/data: ", " entries of uid 1000, gid 100\n")
	for rel, want := range map[string]string{
		".": "2000:200", ".ssh/key": "2000:200", "proj/deep/f": "2000:200", "proj/group": "2000:77", "workspace/mine": "2000:200",
		"proj/image": "10000:10000", "other": "4711:4711", "workspace/other": "4711:100", "proj/root": "0:0", "workspace/root": "2000:200",
	} {
		if got := c.ids(rel); got != want {
			t.Errorf("%s belongs to %s, want %s", rel, got, want)
		}
	}
	before := snapshot(t, c.root)
	if out := c.run("HERMES_UID=2000", "HERMES_GID=200"); strings.Contains(out, "Gave") {
		t.Errorf("again:\n%s", out)
	}
	if diff := cmp.Diff(before, snapshot(t, c.root)); diff != "" {
		t.Error(diff)
	}
	c.run("HERMES_UID=2000", "HERMES_GID=300")
	if got := c.ids("proj/deep/f") + " " + c.ids(".") + " " + c.ids("proj/group"); got != "2000:300 2000:300 2000:77" {
		t.Errorf("another gid alone: %s", got)
	}
}

func TestAVolumeOfTheImagesIDsNeedsNoMemory(t *testing.T) {
	clause.Proves(t, "WHO-02")
	c := newContainer(t)
	c.run()
	if _, err := os.Lstat(c.data(pastids.File)); err == nil {
		t.Error("there is one")
	}
	c.owned("proj/f", 10000, 10000)
	c.run("HERMES_UID=1000")
	if got := c.ids("proj/f"); got != "1000:10000" {
		t.Errorf("proj/f belongs to %s", got)
	}
	c.recreate()
	c.run()
	if got := c.ids("proj/f"); got != "10000:10000" {
		t.Errorf("proj/f belongs to %s", got)
	}
}

// What a boot did not finish, the next one does, also with other ids again.
func TestAChangeThatWasCutShortIsFinished(t *testing.T) {
	clause.Proves(t, "WHO-01", "WHO-02")
	c := newContainer(t)
	c.run("HERMES_UID=1000")
	var files []string
	for i := range 300 { // more than root can have looked at before it gives up
		files = append(files, fmt.Sprintf("proj%d/f", i))
		c.owned(files[i], 1000, 10000)
	}
	have := func(ids string) (n int) {
		for _, f := range files {
			if c.ids(f) == ids {
				n++
			}
		}
		return n
	}
	c.look = 1 // nanosecond: root gives up at once
	c.run("HERMES_UID=2000")
	if have("1000:10000") == 0 {
		t.Fatal("all files have the next ids already")
	}
	c.look = 0
	c.run("HERMES_UID=3000")
	if n := have("3000:10000"); n != len(files) {
		t.Errorf("%d of %d files have the last ids", n, len(files))
	}
}

func TestHermesCannotSayWhoseFilesItGets(t *testing.T) {
	clause.Proves(t, "WHO-02")
	for name, plant := range map[string]func(c *container){
		"its own file": func(c *container) {
			c.file("opt/data/"+pastids.File, `{"inode":1,"uids":[4711,10000],"gids":[]}`, 0o644)
			c.own("opt/data/"+pastids.File, 10000)
		},
		"a copy by root": func(c *container) {
			c.file("opt/data/"+pastids.File, `{"inode":1,"uids":[4711,10000],"gids":[]}`, 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.run()
			c.owned("victim", 4711, 4711)
			plant(c)
			c.expect(c.run("HERMES_UID=1000"), "/opt/data/"+pastids.File+" is put aside: it is not believed")
			if got := c.ids("victim"); got != "4711:4711" {
				t.Errorf("victim belongs to %s", got)
			}
		})
	}
}

func TestWhatHermesCannotReadIsNamed(t *testing.T) {
	clause.Proves(t, "WHO-03")
	c := newContainer(t)
	c.owned("photos", 4711, 4711)
	c.file("opt/data/open", "x", 0o644)
	c.own("opt/data/open", 4711)
	c.file("opt/data/roots", "x", 0o600)
	out := c.run()
	c.expect(out, "[stage2] Warning: /opt/data/photos: it belongs to uid 4711, which no boot has seen as hermes, and hermes cannot read it; "+
		"fix: if hermes is to have it: docker exec -u 0 CONTAINER chown -R 10000:10000 "+c.data("photos")+"\n")
	if strings.Contains(out, "/opt/data/open") || strings.Contains(out, "/opt/data/roots") {
		t.Errorf("named too much:\n%s", out)
	}
	for name := range strings.FieldsSeq("a b c d e f g") {
		c.owned("x"+name, 4711, 4711)
	}
	c.expect(c.run(), "[stage2] Warning: /opt/data: 3 more entries are like that; fix: ")
}
