package leftovers_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/pid1/leftovers"
	"caduceus/internal/procfs"
)

// process makes one that started at its pid.
func process(pid, parent, group, session int, mark uint64) leftovers.Process {
	return leftovers.Process{ID: leftovers.ID{Pid: pid, Start: int64(pid)}, Parent: parent, Group: group, Session: session, Mark: mark}
}

func TestWhatARunLeftIsKnownBySessionGroupMarkAndDescent(t *testing.T) {
	clause.Proves(t, "SUP-120")
	ours, theirs := leftovers.MarkOf("gateway-default"), leftovers.MarkOf("dashboard")
	all := []leftovers.Process{
		process(20, 1, 20, 20, 0),       // another service
		process(101, 1, 100, 100, 0),    // in the session
		process(102, 1, 100, 7, 0),      // in the group
		process(103, 1, 103, 103, ours), // a session of its own, by its mark
		process(104, 1, 103, 103, 0),    // in that session
		process(105, 103, 105, 105, 0),  // below it
		process(106, 105, 106, 106, 0),  // below that
		process(107, 103, 107, 107, theirs),
		process(108, 107, 107, 107, 0), // of the other service
		process(109, 1, 109, 109, theirs),
		process(110, 1, 100, 100, theirs),
	}
	service := leftovers.Service{Mark: ours, Run: 100}
	tests := map[string]struct {
		change func(*leftovers.Service)
		more   []leftovers.Process
		want   []int
	}{
		"all":                     {func(*leftovers.Service) {}, nil, []int{101, 102, 103, 104, 105, 106}},
		"no run":                  {func(s *leftovers.Service) { s.Run = 0 }, nil, []int{103, 104, 105, 106}},
		"the pid is another's":    {func(*leftovers.Service) {}, []leftovers.Process{process(100, 1, 100, 100, 0)}, []int{103, 104, 105, 106}},
		"a tree stays":            {func(s *leftovers.Service) { s.Keep = ids(105, 105) }, nil, []int{101, 102, 103, 104}},
		"a session stays":         {func(s *leftovers.Service) { s.Keep = ids(103, 103) }, nil, []int{101, 102}},
		"another start, no match": {func(s *leftovers.Service) { s.Keep = ids(103, 104) }, nil, []int{101, 102, 103, 104, 105, 106}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := service
			tt.change(&s)
			var got []int
			for _, p := range leftovers.Of(append(slices.Clip(all), tt.more...), s) {
				got = append(got, p.Pid)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("left are %v, want %v", got, tt.want)
			}
		})
	}
}

func ids(pid int, start int64) map[leftovers.ID]bool {
	return map[leftovers.ID]bool{{Pid: pid, Start: start}: true}
}

func TestAMarkIsInheritedWhateverBecomesOfTheEnvironment(t *testing.T) {
	clause.Proves(t, "SUP-120")
	mark := leftovers.MarkOf("foo")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "read line; env -i setsid sleep 3600 & echo $!; wait")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := leftovers.Mark(cmd.Process.Pid, mark); err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintln(in)
	child := 0
	if _, err := fmt.Fscan(out, &child); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p, err := os.FindProcess(child); err == nil {
			_ = p.Kill()
		}
		_ = cmd.Wait()
	})
	found := map[int]uint64{}
	for _, p := range leftovers.Look(procfs.Root) {
		found[p.Pid] = p.Mark
	}
	if found[child] != mark || found[cmd.Process.Pid] != mark {
		t.Errorf("marks are %d and %d, want %d", found[cmd.Process.Pid], found[child], mark)
	}
	if leftovers.MarkOf("bar") == mark {
		t.Error("two names have one mark")
	}
}

func TestALimitThatIsNoMarkIsNone(t *testing.T) {
	clause.Proves(t, "SUP-120")
	const head = "Limit                     Soft Limit           Hard Limit           Units     \n"
	for limits, want := range map[string]uint64{
		"": 0, "Max realtime timeout": 0,
		head + "Max realtime timeout      unlimited            unlimited            us        \n":        0,
		head + "Max realtime timeout      200000               200000               us        \n":        0,
		head + "Max realtime timeout      4503599627370496     unlimited            us        \n":        1 << 52,
		head + "Max realtime timeout      99999999999999999999 unlimited            us        \nother\n": 1<<64 - 1,
	} {
		root := t.TempDir()
		pid := os.Getpid() + 1
		dir := filepath.Join(root, strconv.Itoa(pid))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		stat := fmt.Sprintf("%d (x) S 1 %d %d 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0\n", pid, pid, pid)
		for name, text := range map[string]string{"stat": stat, "limits": limits} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if all := leftovers.Look(root); len(all) != 1 || all[0].Mark != want {
			t.Errorf("%q: %+v, want mark %d", limits, all, want)
		}
	}
}

func TestTheListOfWhatStaysHasOneLineForEach(t *testing.T) {
	clause.Proves(t, "SUP-120")
	got := leftovers.ParseKeep([]byte("12 34\nx y\n1 5\n0 0\n-3 4\n\n56 78 \n90 12"))
	want := map[leftovers.ID]bool{{Pid: 12, Start: 34}: true, {Pid: 90, Start: 12}: true}
	for id := range got {
		if !want[id] && id != (leftovers.ID{Pid: 56, Start: 78}) {
			t.Errorf("%+v stays", id)
		}
	}
	if !got[leftovers.ID{Pid: 12, Start: 34}] {
		t.Error("12 34 does not stay")
	}
}
