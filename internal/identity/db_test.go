package identity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

const (
	passwd = "root:x:0:0:root:/root:/bin/bash\n" +
		"# a comment\n" +
		"app:x:1000:1000::/srv:/bin/sh\n" +
		"hermes:x:10000:10000::/opt/data:/bin/bash\n"
	group = "root:x:0:\n" +
		"video:x:44:app\n" +
		"users:x:100:app,hermes\n" +
		"hermes:x:10000:\n"
)

func newRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "etc/passwd"), passwd)
	write(t, filepath.Join(root, "etc/group"), group)
	return root
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustOpen(t *testing.T, root string) *DB {
	t.Helper()
	db, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestAnAccountHasAllItsGroups(t *testing.T) {
	root := newRoot(t)
	got, err := Lookup(root, "hermes")
	if err != nil {
		t.Fatal(err)
	}
	want := Account{Name: "hermes", UID: 10000, GID: 10000, Home: "/opt/data", Groups: []uint32{100}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Lookup(root, "nobody"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown account: %v", err)
	}
	if _, err := Lookup(t.TempDir(), "hermes"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no account files: %v", err)
	}
}

func TestDamagedLinesAreSkipped(t *testing.T) {
	for name, line := range map[string]string{
		"too few columns":    "hermes:x:1",
		"uid no number":      "hermes:x:one:1::/x:/bin/sh",
		"gid no number":      "hermes:x:1:one::/x:/bin/sh",
		"uid out of range":   "hermes:x:4294967296:1::/x:/bin/sh",
		"negative uid":       "hermes:x:-1:1::/x:/bin/sh",
		"commented out line": "#hermes:x:1:1::/x:/bin/sh",
	} {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			write(t, filepath.Join(root, "etc/passwd"), line+"\n"+passwd)
			if a, err := Lookup(root, "hermes"); err != nil || a.UID != 10000 {
				t.Errorf("want hermes with uid 10000, got %+v, %v", a, err)
			}
		})
	}
}

func TestSaveWritesNewIDsAndKeepsOtherLines(t *testing.T) {
	clause.Proves(t, "SETUP-02", "SETUP-06")
	root := newRoot(t)
	db := mustOpen(t, root)
	db.SetUID("hermes", 99)
	db.SetGID("hermes", 100)
	if err := db.Save(); err != nil {
		t.Fatal(err)
	}
	wantPasswd := strings.Replace(passwd, "hermes:x:10000:10000:", "hermes:x:99:100:", 1)
	if diff := cmp.Diff(wantPasswd, content(t, filepath.Join(root, "etc/passwd"))); diff != "" {
		t.Error(diff)
	}
	wantGroup := strings.Replace(group, "hermes:x:10000:", "hermes:x:100:", 1)
	if diff := cmp.Diff(wantGroup, content(t, filepath.Join(root, "etc/group"))); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(filepath.Join(root, "etc/passwd"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(root, "etc/.account-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestAUIDThatTwoAccountsHaveResolvesToHermes(t *testing.T) {
	clause.Proves(t, "SETUP-07")
	db := mustOpen(t, newRoot(t))
	db.SetUID("hermes", 1000)
	if got := firstName(db, 1000); got != "hermes" {
		t.Errorf("uid 1000 is %q", got)
	}
	if a, err := db.Account("app"); err != nil || a.UID != 1000 {
		t.Errorf("the other account: %+v, %v", a, err)
	}
}

func TestLookupPrefersTheAccountsInRun(t *testing.T) {
	clause.Proves(t, "SETUP-09")
	root := newRoot(t)
	db := mustOpen(t, root)
	db.SetUID("hermes", 1000)
	db.SetGID("hermes", 100)
	db.Join("hermes", 44, "unused")
	if err := db.SaveFallback(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, filepath.Join(root, "etc/passwd")); got != passwd {
		t.Errorf("/etc/passwd changed: %q", got)
	}
	a, err := Lookup(root, "hermes")
	if err != nil {
		t.Fatal(err)
	}
	want := Account{Name: "hermes", UID: 1000, GID: 100, Home: "/opt/data", Groups: []uint32{44}, Fallback: true}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
	if a.Spec() != "1000:100" {
		t.Errorf("spec %q", a.Spec())
	}

	// Once /etc can be written, it counts again.
	if err := mustOpen(t, root).Save(); err != nil {
		t.Fatal(err)
	}
	a, err = Lookup(root, "hermes")
	if err != nil || a.Fallback || a.UID != 1000 || a.Spec() != "hermes" {
		t.Errorf("after save: %+v, %v", a, err)
	}
}

func TestAccountsInRunThatAnyoneCanHaveWrittenDoNotCount(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"writable for all": func(dir string) error { return os.Chmod(dir, 0o777) },
		"another owner":    func(dir string) error { return os.Chown(dir, 12345, 12345) },
	} {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			db := mustOpen(t, root)
			db.SetUID("hermes", 0)
			if err := db.SaveFallback(); err != nil {
				t.Fatal(err)
			}
			err := spoil(filepath.Join(root, "run/hermes"))
			if errors.Is(err, fs.ErrPermission) {
				t.Skip("needs root: changes owners")
			}
			if err != nil {
				t.Fatal(err)
			}
			if a, err := Lookup(root, "hermes"); err != nil || a.UID != 10000 {
				t.Errorf("want hermes with uid 10000, got %+v, %v", a, err)
			}
		})
	}
}

// In /run everybody may make names. A link there must not lead root to the files it has just written.
func TestSaveRemovesNothingThroughALink(t *testing.T) {
	clause.Proves(t, "SETUP-09")
	root := newRoot(t)
	if err := errors.Join(os.Mkdir(filepath.Join(root, "run"), 0o755), os.Symlink("../etc", filepath.Join(root, "run/hermes"))); err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, root)
	db.SetUID("hermes", 99)
	if err := db.Save(); err != nil {
		t.Fatal(err)
	}
	if a, err := Lookup(root, "hermes"); err != nil || a.UID != 99 {
		t.Errorf("want hermes with uid 99, got %+v, %v", a, err)
	}
}

// The boot that cannot write /etc finds what hermes has made in /run.
func TestAccountsAreNotSavedWhereHermesCanExchangeThem(t *testing.T) {
	clause.Proves(t, "SETUP-09")
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
	for name, plant := range map[string]func(run, etc string) error{
		"a link to /etc": func(run, _ string) error { return os.Symlink("../etc", filepath.Join(run, "hermes")) },
		"a directory of hermes": func(run, _ string) error {
			return errors.Join(os.Mkdir(filepath.Join(run, "hermes"), 0o755), os.Chown(filepath.Join(run, "hermes"), 10000, 10000))
		},
		"a directory for all": func(run, _ string) error {
			return errors.Join(os.Mkdir(filepath.Join(run, "hermes"), 0o755), os.Chmod(filepath.Join(run, "hermes"), 0o777))
		},
		"/run for all":         func(run, _ string) error { return os.Chmod(run, 0o777) },
		"/run for all, sticky": func(run, _ string) error { return os.Chmod(run, 0o777|os.ModeSticky) },
		"/run of hermes":       func(run, _ string) error { return os.Chown(run, 10000, 10000) },
		"a file":               func(run, _ string) error { return os.WriteFile(filepath.Join(run, "hermes"), nil, 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			run := filepath.Join(root, "run")
			if err := errors.Join(os.Mkdir(run, 0o755), plant(run, filepath.Join(root, "etc"))); err != nil {
				t.Fatal(err)
			}
			db := mustOpen(t, root)
			db.SetUID("hermes", 99)
			if err := db.SaveFallback(); err == nil {
				t.Error("accounts were saved")
			}
			if a, err := Lookup(root, "hermes"); err != nil || a.UID != 10000 || content(t, filepath.Join(root, "etc/passwd")) != passwd {
				t.Errorf("got %+v, %v", a, err)
			}
			if written, _ := filepath.Glob(filepath.Join(run, "hermes/*")); len(written) > 0 && name != "a link to /etc" {
				t.Errorf("written: %v", written)
			}
			if err := db.Save(); err != nil || !strings.Contains(content(t, filepath.Join(root, "etc/passwd")), "hermes:x:99:") {
				t.Errorf("then /etc can be written: %v", err)
			}
		})
	}
}

func TestSaveNamesTheFileItCannotWrite(t *testing.T) {
	root := newRoot(t)
	db := mustOpen(t, root)
	if err := os.RemoveAll(filepath.Join(root, "etc")); err != nil {
		t.Fatal(err)
	}
	err := db.Save()
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), filepath.Join(root, "etc")) {
		t.Errorf("want an error that names the missing directory, got %v", err)
	}
}

func TestAnAccountJoinsAGroupOnce(t *testing.T) {
	clause.Proves(t, "SETUP-31", "SETUP-32", "SETUP-33")
	db := mustOpen(t, newRoot(t))
	for _, step := range []struct {
		why   string
		gid   uint32
		group string
		added bool
	}{
		{"a group of the file is joined", 44, "video", true},
		{"once", 44, "video", false},
		{"a gid without group gets one", 998, "hostdocker", true},
		{"once", 998, "hostdocker", false},
		{"a second one gets another name", 999, "hostdocker999", true},
		{"member already", 100, "users", false},
		{"the primary group counts", 10000, "hermes", false},
		{"gid 0 is root", 0, "root", true},
	} {
		name, added := db.Join("hermes", step.gid, "hostdocker")
		if name != step.group || added != step.added {
			t.Errorf("%s: gid %d: got %q %v, want %q %v", step.why, step.gid, name, added, step.group, step.added)
		}
	}
	a, err := db.Account("hermes")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint32{0, 44, 100, 998, 999}, a.Groups); diff != "" {
		t.Error(diff)
	}
}

// firstName returns the name to which the C library resolves a uid, or "".
func firstName(d *DB, uid uint32) string {
	for _, fields := range d.users {
		if id, _, ok := userIDs(fields); ok && id == uid {
			return fields[colName]
		}
	}
	return ""
}

func TestTheHomeOfAnAccountIsSetWhereALineCanHoldIt(t *testing.T) {
	clause.Proves(t, "ENV-15")
	db := mustOpen(t, newRoot(t))
	for _, c := range []struct {
		name, home string
		want       bool
	}{
		{"hermes", "/opt/data", false},
		{"hermes", "/data/hermes", true},
		{"hermes", "/data/hermes", false},
		{"hermes", "/data:0:0", false},
		{"hermes", "/data\nroot::0:0::/:/bin/sh", false},
		{"nobody", "/x", false},
	} {
		if got := db.SetHome(c.name, c.home); got != c.want {
			t.Errorf("%s, %q: got %v", c.name, c.home, got)
		}
	}
	if a, err := db.Account("hermes"); err != nil || a.Home != "/data/hermes" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAUIDWithoutAnAccountGetsOneForPrograms(t *testing.T) {
	clause.Proves(t, "WHO-04")
	root := newRoot(t)
	db := mustOpen(t, root)
	if db.Describe(10000, 100, nil, "/opt/data") {
		t.Error("hermes has an account already")
	}
	if !db.Describe(4711, 4712, []uint32{100, 4713}, "/opt/data") || db.Describe(4711, 4712, []uint32{100, 4713}, "/opt/data") {
		t.Error("want it to be added once")
	}
	if err := os.MkdirAll(filepath.Join(root, "run"), 0o1777); err != nil {
		t.Fatal(err)
	}
	if err := db.SaveForPrograms(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, filepath.Join(root, "run/hermes/passwd")); got != passwd+"hermes4711:x:4711:4712:Hermes Agent:/opt/data:/bin/bash\n" {
		t.Errorf("passwd: %s", got)
	}
	if got := content(t, filepath.Join(root, "run/hermes/group")); got != group+"hermes4712:x:4712:\nhermes4713:x:4713:\n" {
		t.Errorf("group: %s", got)
	}
	db = mustOpen(t, newRoot(t))
	db.users = append(db.users, []string{"hermes9", "x", "8", "8", "", "/", ""})
	db.Describe(9, 9, nil, "/odd:home")
	if got := firstName(db, 9); got != "hermes9_" || db.users[len(db.users)-1][colHome] != "/" {
		t.Errorf("%q", db.users)
	}
}

// contract: WHO-04
func TestEmptyFilesForProgramsAreNoAccounts(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"passwd": passwd, "group": group} {
		if err := os.WriteFile(filepath.Join(root, "etc", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.EmptyForPrograms(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, filepath.Join(root, "run/hermes/passwd")) + content(t, filepath.Join(root, "run/hermes/group")); got != "" {
			t.Errorf("got %q", got)
		}
	}
	if db, err = Open(root); err != nil {
		t.Fatal(err)
	}
	if a, err := db.Account(Hermes); err != nil || a.Fallback {
		t.Errorf("the accounts of /etc do not count any more: %+v, %v", a, err)
	}
	if err := db.SaveFallback(); err != nil {
		t.Fatal(err)
	}
	if err := db.EmptyForPrograms(); err != nil || content(t, filepath.Join(root, "run/hermes/passwd")) == "" {
		t.Errorf("accounts that count were emptied: %v", err)
	}
}
