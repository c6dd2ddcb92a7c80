package identity

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

// dropEnv makes the test binary drop to its account, report its ids from every thread and exit.
const dropEnv = "IDENTITY_TEST_DROP"

func TestMain(m *testing.M) {
	if os.Getenv(dropEnv) == "" {
		m.Run()
		return
	}
	err := Drop(Account{Name: "hermes", UID: 12345, GID: 12346, Groups: []uint32{44, 998}})
	fmt.Fprintln(os.Stdout, "drop:", err)
	again := Drop(Account{Name: "other", UID: 1})
	fmt.Fprintln(os.Stdout, "again:", again)
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		status, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		for line := range strings.SplitSeq(string(status), "\n") {
			if key, _, _ := strings.Cut(line, ":"); key == "Uid" || key == "Gid" || key == "Groups" || key == "CapEff" {
				fmt.Fprintln(os.Stdout, strings.Join(strings.Fields(line), " "))
			}
		}
	}
}

func TestDropChangesEveryThreadForGood(t *testing.T) {
	clause.Proves(t, "CMD-05", "SETUP-33")
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes ids")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), dropEnv+"=1", fmt.Sprintf("GOMAXPROCS=%d", runtime.NumCPU()))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	want := []string{
		"drop: <nil>",
		`again: cannot become "other" (1): running as uid 12345, not root`,
		"Uid: 12345 12345 12345 12345",
		"Gid: 12346 12346 12346 12346",
		"Groups: 44 998 12346",
		"CapEff: 0000000000000000",
	}
	if diff := cmp.Diff(want, lines[:min(len(want), len(lines))]); diff != "" {
		t.Fatal(diff)
	}
	for i, line := range lines[2:] {
		if line != want[2+i%4] {
			t.Errorf("a thread kept %q", line)
		}
	}
}
