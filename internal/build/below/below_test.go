package below

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

const gitChangelog = `git (1:2.47.3-0+deb13u2) trixie-security; urgency=high

  * CVE-2026-1111: quoting. CVE-2026-1112 as well.
  * Follow-up of CVE-2026-1111.

 -- A <a@example.org>  Sat, 01 Aug 2026 12:03:16 +0200

git (1:2.47.3-0+deb13u1) trixie; urgency=medium

  * New upstream release (closes: #1; CVE-2025-48384).

 -- A <a@example.org>  Sat, 01 Aug 2025 12:03:16 +0200

git (1:2.47.2-0.2) unstable; urgency=medium

  * CVE-2024-9999.

 -- A <a@example.org>  Sat, 01 Aug 2024 12:03:16 +0200
`

func TestOnlyUpdatesOfTheReleaseCount(t *testing.T) {
	clause.Proves(t, "BELOW-04")
	want := []string{"CVE-2026-1111", "CVE-2026-1112", "CVE-2025-48384"}
	if diff := cmp.Diff(want, Fixed(gitChangelog)); diff != "" {
		t.Errorf("fixed (-want +got):\n%s", diff)
	}
	_, before, _ := strings.Cut(gitChangelog, "2025 12:03:16 +0200\n\n")
	for name, changelog := range map[string]string{
		"no changelog": "", "no update": before, "no entries": "CVE-2026-1111\n",
	} {
		if got := Fixed(changelog); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// answers are those of a script that has found everything but what is left out.
func answers(leftOut ...string) string {
	text := "== sqlite 3.54.1\n"
	for _, p := range parts() {
		for _, pkg := range p.packages {
			switch {
			case slices.Contains(leftOut, pkg):
			case p.registry == debian:
				text += "== deb " + pkg + " 1:1.0-1 1:1.1-1\n" + gitChangelog
			default:
				text += "== " + strings.Replace(p.registry, pypi, "pypi", 1) + " " + pkg + " 99.9\n"
			}
		}
	}
	return text
}

func TestTheTableJoinsAnswersAndLocks(t *testing.T) {
	found, err := Parse(answers("chromium-common"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := Make(os.DirFS("../../.."), found, time.Date(2026, 11, 27, 23, 0, 0, 0, time.FixedZone("", -7200)))
	if err != nil {
		t.Fatal(err)
	}
	if table.Day != "2026-11-28" {
		t.Errorf("day %s, want that of UTC", table.Day)
	}
	rows := map[string]Row{}
	for _, r := range table.Rows {
		rows[r.Package] = r
	}
	if _, ok := rows["chromium-common"]; ok {
		t.Error("a package that the image lacks has a row")
	}
	if r := rows["git"]; r.Shipped != "1:1.0-1" || r.Newest != "1:1.1-1" || len(r.Fixed) != 3 {
		t.Errorf("git: %+v", r)
	}
	locked, err := Locked(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	if r := rows["better-sqlite3"]; r.Release != "3.54.1" || r.Shipped != locked["better-sqlite3"] || r.Newest != "99.9" {
		t.Errorf("SQLite: %+v", r)
	}
	text, err := table.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(fstest.MapFS{File: {Data: text}})
	if diff := cmp.Diff(table, again); err != nil || diff != "" {
		t.Errorf("read again: %v\n%s", err, diff)
	}
}

func TestWhatCannotBeAnsweredIsNamed(t *testing.T) {
	for printed, want := range map[string]string{
		"":                          "no release of SQLite",
		"== deb git 1\n":            `"deb git 1"`,
		"== sqlite 3\n== gem x 1\n": `"gem x 1"`,
	} {
		if _, err := Parse(printed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", printed, err, want)
		}
	}
	found, err := Parse(answers("uv"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Make(os.DirFS("../../.."), found, time.Now()); err == nil || !strings.Contains(err.Error(), "cannot say of uv") {
		t.Errorf("error %v, want one that names uv", err)
	}
	for text, want := range map[string]string{"{}": "want schema", "[": "want schema"} {
		if _, err := Read(fstest.MapFS{File: {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

// A new lock needs a new table: "go tool mage below".
func TestTheTableIsThatOfTheLocks(t *testing.T) {
	clause.Proves(t, "BELOW-04")
	tree := os.DirFS("../../..")
	table, err := Read(tree)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := Locked(tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range table.Stale(locked) {
		t.Errorf("%s; run: go tool mage below", line)
	}
	locked["uv"] = "0.0.1"
	if len(table.Stale(locked)) != 1 {
		t.Error("another version in a lock is not noticed")
	}
	if len(table.Rows) < len(parts()) {
		t.Errorf("%d rows for %d parts", len(table.Rows), len(parts()))
	}
}
