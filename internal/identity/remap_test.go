package identity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestWhichIDsHermesGets(t *testing.T) {
	clause.Proves(t, "SETUP-02", "SETUP-03", "SETUP-04", "SETUP-05", "SETUP-08")
	hermes := Account{Name: "hermes", UID: 10000, GID: 10000}
	id := func(n uint32) *uint32 { return &n }
	for _, c := range []struct {
		name   string
		env    []string
		volume *Owner
		want   Remap
	}{
		{"nothing asked", nil, &Owner{1000, 1000}, Remap{}},
		{"both ids", []string{"HERMES_UID=1001", "HERMES_GID=1002"}, nil, Remap{UID: id(1001), GID: id(1002)}},
		{"uid alone", []string{"HERMES_UID=1001"}, nil, Remap{UID: id(1001)}},
		{"aliases", []string{"PUID=99", "PGID=100"}, nil, Remap{UID: id(99), GID: id(100)}},
		{"HERMES_* wins", []string{"HERMES_UID=1", "PUID=2", "HERMES_GID=3", "PGID=4"}, nil, Remap{UID: id(1), GID: id(3)}},
		{"empty is unset", []string{"HERMES_UID=", "PUID=2"}, nil, Remap{UID: id(2)}},
		{"large id", []string{"HERMES_UID=4294967294"}, nil, Remap{UID: id(4294967294)}},
		{
			"garbage is named and counts as unset",
			[]string{"HERMES_UID=abc", "PUID=7"},
			nil,
			Remap{UID: id(7), Ignored: []string{`ignoring HERMES_UID="abc": not a number`}},
		},
		{
			"root is refused",
			[]string{"HERMES_UID=0", "HERMES_GID=0"},
			nil,
			Remap{Ignored: []string{`ignoring HERMES_UID="0": 0 is root`, `ignoring HERMES_GID="0": 0 is root`}},
		},
		{"equal ids change nothing", []string{"HERMES_UID=10000", "HERMES_GID=10000"}, nil, Remap{}},
		{"adopt", []string{"HERMES_ADOPT_VOLUME_OWNER=1"}, &Owner{1000, 1001}, Remap{UID: id(1000), GID: id(1001), Adopt: true}},
		{"adopt, gid of root stays out", []string{"HERMES_ADOPT_VOLUME_OWNER= On "}, &Owner{1000, 0}, Remap{UID: id(1000), Adopt: true}},
		{"adopt, gid asked", []string{"HERMES_ADOPT_VOLUME_OWNER=1", "PGID=5"}, &Owner{1000, 1001}, Remap{UID: id(1000), GID: id(5), Adopt: true}},
		{"adopt, uid asked", []string{"HERMES_ADOPT_VOLUME_OWNER=1", "PUID=5"}, &Owner{1000, 1001}, Remap{UID: id(5)}},
		{"adopt, root's volume", []string{"HERMES_ADOPT_VOLUME_OWNER=1"}, &Owner{0, 0}, Remap{}},
		{"adopt, volume of an unmapped owner", []string{"HERMES_ADOPT_VOLUME_OWNER=1"}, &Owner{65534, 65534}, Remap{}},
		{"adopt, hermes' volume", []string{"HERMES_ADOPT_VOLUME_OWNER=1"}, &Owner{10000, 50}, Remap{}},
		{"adopt, no volume", []string{"HERMES_ADOPT_VOLUME_OWNER=1"}, nil, Remap{}},
		{"adopt not asked", []string{"HERMES_ADOPT_VOLUME_OWNER=no"}, &Owner{1000, 1001}, Remap{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, DecideRemap(c.env, hermes, c.volume)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhichNumbersAreIDs(t *testing.T) {
	clause.Proves(t, "SETUP-03", "SETUP-04")
	for value, want := range map[string]uint32{"1": 1, "99": 99, "0099": 99, "65534": 65534, "65536": 65536, "4294967294": 4294967294} {
		if got, err := ParseID(value); err != nil || got != want {
			t.Errorf("%q: got %d, %v", value, got, err)
		}
	}
	for value, want := range map[string]string{
		"":            "empty",
		"0":           "0 is root",
		"000":         "0 is root",
		"65535":       "reserved by the kernel",
		"4294967295":  "reserved by the kernel",
		"4294967296":  "larger than 4294967294",
		"-1":          "not a number",
		"+5":          "not a number",
		"1e3":         "not a number",
		"0x10":        "not a number",
		"٣":           "not a number",
		"1000;reboot": "not a number",
	} {
		if got, err := ParseID(value); err == nil || err.Error() != want {
			t.Errorf("%q: got %d, %v, want %q", value, got, err, want)
		}
	}
}

func TestCheckStartUID(t *testing.T) {
	hermes := Account{Name: "hermes", UID: 10000, GID: 10000}
	for _, c := range []struct {
		name string
		uid  int
		env  []string
		ok   bool
	}{
		{"root", 0, nil, true},
		{"hermes", 10000, nil, true},
		{"any other", 1234, nil, false},
		{"any other, allowed", 1234, []string{"HERMES_ALLOW_ANY_UID=1"}, true},
		{"any other, not allowed", 1234, []string{"HERMES_ALLOW_ANY_UID=0"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckStartUID(c.uid, hermes, c.env)
			if (err == nil) != c.ok {
				t.Fatalf("want accepted: %t, got %v", c.ok, err)
			}
			if err == nil {
				return
			}
			clause.Proves(t, "RUN-01", "RUN-02")
			for _, part := range []string{"[hermes] ERROR: container started with --user 1234 ", " — not supported.", "HERMES_UID", "PUID"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %q", part, err)
				}
			}
		})
	}
}
