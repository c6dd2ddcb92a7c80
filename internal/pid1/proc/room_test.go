package proc

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
)

func TestServicesLeaveRoomBelowAPidsLimit(t *testing.T) {
	clause.Proves(t, "SUP-124")
	used, limit := 20, "100"
	read := func(path string) ([]byte, error) {
		switch path {
		case "/sys/fs/cgroup/pids/pids.max":
			return []byte(limit + "\n"), nil
		case "/sys/fs/cgroup/pids/pids.current":
			return []byte(strconv.Itoa(used) + "\n"), nil
		}
		return nil, fs.ErrNotExist
	}
	table, now := &Table{}, time.Unix(1000, 0)
	admitted := func() (n int) {
		for {
			err := table.Admit(now, read)
			if err != nil {
				if !errors.Is(err, syscall.EAGAIN) || !strings.Contains(err.Error(), "of "+limit+" processes") {
					t.Fatal(err)
				}
				return n
			}
			n++
		}
	}
	// 80 are free: 16 stay, and each service may take 12.
	if n := admitted(); n != 5 {
		t.Errorf("%d services at once, want 5", n)
	}
	// They have grown to 8 each.
	now, used = now.Add(timeToGrow), used+5*8
	if n := admitted(); n != 2 {
		t.Errorf("%d more services, want 2", n)
	}
	now, used = now.Add(timeToGrow), 73
	if n := admitted(); n != 0 {
		t.Errorf("%d services without room", n)
	}
	now, used = now.Add(timeToGrow), 37
	if err := table.AdmitIdle(now, read); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("63 are free, and what is of no use gets room: %v", err)
	}
	if used--; table.AdmitIdle(now, read) != nil {
		t.Error("64 are free, and what is of no use gets none")
	}
	for _, limit = range []string{"max", ""} {
		for range 1000 {
			if err := table.Admit(now, read); err != nil {
				t.Fatalf("with the limit %q: %v", limit, err)
			}
		}
	}
}
