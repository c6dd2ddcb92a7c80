package pipeline

import "testing"

func TestAFullDiskIsNamedBeforeABuild(t *testing.T) {
	for name, c := range map[string]struct {
		free uint64
		warm bool
		want string
	}{
		"a first build fits":               {20 << 30, false, ""},
		"a first build does not":           {3 << 30, false, `cannot build in "/d": only 3.22 GB free there, a build needs 8.59 GB; free some, say with "docker builder prune", and build again`},
		"a later one needs less":           {3 << 30, true, ""},
		"a later one on a full disk":       {0, true, `cannot build in "/d": only 0.0 kB free there, a build needs 2.15 GB; free some, say with "docker builder prune", and build again`},
		"exactly enough for a later build": {warmBytes, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := room("/d", c.free, c.warm); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}
