package cli

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/gateway"
)

func TestTheRedirectIsExplainedInOneLine(t *testing.T) {
	clause.Proves(t, "GW-02")
	for _, words := range []string{"s6 supervision", "--no-supervise", "HERMES_GATEWAY_NO_SUPERVISE=1"} {
		if !strings.Contains(breadcrumb, words) {
			t.Errorf("want %q in %q", words, breadcrumb)
		}
	}
	if strings.Contains(breadcrumb, "\n") {
		t.Error("more than one line")
	}
}

// Who started the front and who it runs as are two facts: root that became hermes is refused without an init.
func TestRootIsWhoStartedTheFrontOrWhoItStillIs(t *testing.T) {
	clause.Proves(t, "SHIM-01")
	for name, c := range map[string]struct {
		start, now     int
		started, keeps bool
	}{
		"root that became hermes": {0, 10000, true, false},
		"root that stays root":    {0, 0, true, true},
		"hermes":                  {10000, 10000, false, false},
	} {
		a := newApp(Env{StartUID: c.start})
		a.euid = c.now
		if f := a.runFacts(gateway.RunArgs{}); f.StartedAsRoot != c.started || f.KeepsRoot != c.keeps {
			t.Errorf("%s: started as root %t, keeps root %t", name, f.StartedAsRoot, f.KeepsRoot)
		}
	}
}

func TestGatewayRunStaysAsASleepOrWaitsByItself(t *testing.T) {
	clause.Proves(t, "ENV-11", "GW-01", "GW-05")
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stderr.Close() }()
	var tried []string
	heartbeat := func(environ []string, refuse string) string {
		tried = nil
		a := newApp(Env{Environ: environ, Stderr: stderr, Exec: func(path string, argv, _ []string) error {
			if filepath.Base(path) == refuse {
				return fs.ErrPermission
			}
			tried = append(tried, path+" as "+strings.Join(argv, " "))
			return nil
		}})
		if err := a.becomeHeartbeat(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(tried, ", ")
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sleep+" as sleep infinity", heartbeat([]string{"PATH=" + filepath.Dir(sleep)}, "")); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"", "::.", "/nonexistent", "$(id)"} {
		if got := heartbeat([]string{"PATH=" + path}, ""); !strings.HasSuffix(got, "/sleep as sleep infinity") {
			t.Errorf("PATH=%q: %s", path, got)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(self+" as hermes-heartbeat", heartbeat(nil, "sleep")); diff != "" {
		t.Error(diff)
	}
	said, err := os.ReadFile(stderr.Name())
	if err != nil || strings.Count(string(said), "\n") != 1 || !strings.Contains(string(said), "no sleep program") {
		t.Errorf("stderr: %q, %v", said, err)
	}
}

func TestAHeartbeatWithoutSleepEndsWith143(t *testing.T) {
	clause.Proves(t, "GW-05")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=TestBlockInChild", "-test.v")
	cmd.Env = append(os.Environ(), "BLOCK_IN_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // the test has begun
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, err := childCode(cmd.Wait()); err != nil || code != 143 {
		t.Errorf("exit code %d, %v", code, err)
	}
}

func TestBlockInChild(*testing.T) {
	if os.Getenv("BLOCK_IN_CHILD") != "" {
		os.Exit((&app{}).block()) //nolint:forbidigo // its exit code is what the test is about
	}
}
