package proc

import (
	"io/fs"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestALimitThatIsTooSmallIsNamed(t *testing.T) {
	clause.Proves(t, "SUP-122")
	for text, want := range map[string]string{"1\n": "a limit of 1 processes", "23\n": "a limit of 23 processes", "24\n": "", "max\n": "", "": ""} {
		err := CheckLimit(func(string) ([]byte, error) { return []byte(text), nil })
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--pids-limit")):
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSpareThreadsStayBelowThePidsLimit(t *testing.T) {
	clause.Proves(t, "AGT-09", "SUP-101")
	const v2, v1 = "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"
	for name, c := range map[string]struct {
		files map[string]string
		want  int
	}{
		"no cgroup":     {nil, 16},
		"no limit":      {map[string]string{v2: "max\n"}, 16},
		"large limit":   {map[string]string{v2: "4096\n"}, 16},
		"small limit":   {map[string]string{v2: "64\n"}, 8},
		"tiny limit":    {map[string]string{v2: "10\n"}, 4},
		"first version": {map[string]string{v1: "32\n"}, 4},
		"garbage":       {map[string]string{v2: "?", v1: "80"}, 10},
	} {
		got := spareThreads(func(path string) ([]byte, error) {
			if text, ok := c.files[path]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestThereIsRoomToPrepareUnlessALimitIsClose(t *testing.T) {
	clause.Proves(t, "SUP-113")
	t.Parallel()
	for name, c := range map[string]struct {
		limit, used string
		want        bool
	}{
		"no limit": {"max\n", "30\n", true}, "far": {"512\n", "30\n", true}, "just enough": {"54\n", "30\n", true},
		"close": {"53\n", "30\n", false}, "full": {"32\n", "32\n", false}, "nobody knows": {"", "", true},
	} {
		got := RoomToPrepare(func(path string) ([]byte, error) {
			switch path {
			case "/sys/fs/cgroup/pids/pids.max":
				return []byte(c.limit), nil
			case "/sys/fs/cgroup/pids/pids.current":
				return []byte(c.used), nil
			}
			return nil, fs.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
