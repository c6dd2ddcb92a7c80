package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/sys/user"
	"pgregory.net/rapid"

	"caduceus/internal/clause"
)

func FuzzTableKeepsEveryByte(f *testing.F) {
	f.Add("root:x:0:0::/root:/bin/sh\n\n# comment\nbroken\n")
	f.Add("::::\n:")
	f.Fuzz(func(t *testing.T, text string) {
		want := text
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if text == "\n" {
			want = ""
		}
		if got := string(ParseTable([]byte(text)).Bytes()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A derived image, a mounted passwd or another container's init has written the files.
func FuzzAccounts(f *testing.F) {
	clause.Proves(f, "SETUP-02", "SETUP-06", "SETUP-31")
	f.Add(passwd, group, uint32(99), uint32(44))
	f.Add("hermes:x:0:0::/:/bin/sh\nhermes:x:1:1::/:\n", "hermes:x:0:hermes,hermes\n:x:1:\n", uint32(4294967294), uint32(0))
	f.Add("hermes:x:10000:10000:::", "a:x:5:\nhermes:x:5", uint32(10000), uint32(5))
	f.Fuzz(func(t *testing.T, passwd, group string, uid, gid uint32) {
		db := &DB{users: ParseTable([]byte(passwd)), groups: ParseTable([]byte(group))}
		before, err := db.Account(Hermes)
		if err != nil {
			return
		}
		lines := len(db.users)
		db.SetUID(Hermes, uid)
		db.SetGID(Hermes, gid)
		_, added := db.Join(Hermes, 12345, "extra")
		again := &DB{users: ParseTable(db.users.Bytes()), groups: ParseTable(db.groups.Bytes())}
		got, err := again.Account(Hermes)
		if err != nil || len(db.users) != lines {
			t.Fatalf("%q: %d lines became %d, %v", passwd, lines, len(db.users), err)
		}
		if got.UID != uid || got.GID != gid || got.Home != before.Home {
			t.Errorf("%q: %+v became %+v", passwd, before, got)
		}
		if in := gid == 12345 || slices.Contains(got.Groups, 12345); !in || added && gid == 12345 {
			t.Errorf("%q: joined %t, groups %v", group, added, got.Groups)
		}
	})
}

func TestAccountReadsAnyFileAsMobySysUserDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"hermes", "root", "app", "www-data"})
		id := rapid.SampledFrom([]uint32{0, 1, 99, 1000, 10000, 65536, 4294967294})
		var passwd, group strings.Builder
		for range rapid.IntRange(1, 5).Draw(t, "users") {
			fmt.Fprintf(&passwd, "%s:x:%d:%d:gecos:/home:/bin/sh\n", name.Draw(t, "user"), id.Draw(t, "uid"), id.Draw(t, "gid"))
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "groups") {
			list := rapid.SliceOfNDistinct(name, 0, 3, rapid.ID).Draw(t, "members")
			fmt.Fprintf(&group, "g%d:x:%d:%s\n", i, id.Draw(t, "gid"), strings.Join(list, ","))
		}
		db := &DB{users: ParseTable([]byte(passwd.String())), groups: ParseTable([]byte(group.String()))}
		who := name.Draw(t, "who")

		users, err := user.ParsePasswdFilter(strings.NewReader(passwd.String()), func(u user.User) bool { return u.Name == who })
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.Account(who)
		if len(users) == 0 {
			if err == nil {
				t.Fatalf("want %q unknown, found in\n%s", who, passwd.String())
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		groups, err := user.ParseGroupFilter(strings.NewReader(group.String()), func(g user.Group) bool { return slices.Contains(g.List, who) })
		if err != nil {
			t.Fatal(err)
		}
		want := Account{Name: who, UID: uint32(users[0].Uid), GID: uint32(users[0].Gid), Home: users[0].Home}
		for _, g := range groups {
			if gid := uint32(g.Gid); gid != want.GID && !slices.Contains(want.Groups, gid) {
				want.Groups = append(want.Groups, gid)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("passwd:\n%sgroup:\n%s%s", passwd.String(), group.String(), diff)
		}
	})
}
