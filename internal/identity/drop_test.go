package identity

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// dropping builds the program that drops. The test's own binary may have cgo, where Drop cannot work.
func dropping(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes ids")
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "dropped"), "./testdata/dropped")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "dropped")
}

func runDropped(t *testing.T, cmd *exec.Cmd) []string {
	t.Helper()
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", runtime.NumCPU()))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// everyThread compares what each thread says of itself with the last lines of want.
func everyThread(t *testing.T, lines, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, lines[:min(len(want), len(lines))]); diff != "" {
		t.Fatal(diff)
	}
	for i, line := range lines[2:] {
		if line != want[2+i%(len(want)-2)] {
			t.Errorf("a thread kept %q", line)
		}
	}
}

func TestDropChangesEveryThreadForGood(t *testing.T) {
	clause.Proves(t, "CMD-05", "SETUP-33", "RUN-11")
	everyThread(t, runDropped(t, exec.Command(dropping(t), "0")), []string{
		"drop: <nil>",
		`other: cannot become "other" (1): running as uid 12345, not root`,
		"Uid: 12345 12345 12345 12345",
		"Gid: 12346 12346 12346 12346",
		"Groups: 44 998 12346",
		"CapInh: 0000000000000000",
		"CapPrm: 0000000000000000",
		"CapEff: 0000000000000000",
		"CapBnd: 0000000000000000",
		"CapAmb: 0000000000000000",
		"NoNewPrivs: 1",
	})
}

func TestDropLeavesSetuidProgramsToWhomTheOperatorAllowsThem(t *testing.T) {
	clause.Proves(t, "RUN-11")
	bounding := ""
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "CapBnd:") {
			bounding = strings.Join(strings.Fields(line), " ")
		}
	}
	everyThread(t, runDropped(t, exec.Command(dropping(t), "1")), []string{
		"drop: <nil>",
		`other: cannot become "other" (1): running as uid 12345, not root`,
		"Uid: 12345 12345 12345 12345",
		"Gid: 12346 12346 12346 12346",
		"Groups: 44 998 12346",
		"CapInh: 0000000000000000",
		"CapPrm: 0000000000000000",
		"CapEff: 0000000000000000",
		bounding,
		"CapAmb: 0000000000000000",
		"NoNewPrivs: 0",
	})
}

// An engine may give inheritable and ambient capabilities, and keep them over a change of the uid.
func TestDropLeavesNoCapabilityThatWasHandedDown(t *testing.T) {
	clause.Proves(t, "RUN-11")
	program := dropping(t)
	cmd := exec.Command("setpriv", "--inh-caps=+net_raw,+chown", "--ambient-caps=+net_raw", "--securebits=+no_setuid_fixup", program, "0")
	lines := strings.Join(runDropped(t, cmd), "\n")
	for _, want := range []string{"drop: <nil>", "CapInh: 0000000000000000", "CapPrm: 0000000000000000", "CapEff: 0000000000000000", "CapAmb: 0000000000000000"} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, lines)
		}
	}
}

func TestDroppingRootNeedsTwoCapabilities(t *testing.T) {
	clause.Proves(t, "RUN-07", "RUN-11")
	cmd := exec.Command("setpriv", "--bounding-set=-all,+setuid,+setgid", dropping(t), "0")
	lines := strings.Join(runDropped(t, cmd), "\n")
	for _, want := range []string{"drop: <nil>", "CapEff: 0000000000000000", "NoNewPrivs: 1"} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, lines)
		}
	}
}

func TestRootIsNoAccountForADrop(t *testing.T) {
	clause.Proves(t, "RUN-08")
	err := Drop(Account{Name: "hermes"}, NoGain)
	if want := `cannot become "hermes": its uid is 0; give it another in /etc/passwd`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// openPTY returns both ends of a new terminal.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// inTerminal runs a script of a root shell that leads the session of a terminal, and returns what it shows.
func inTerminal(t *testing.T, script string) string {
	t.Helper()
	master, slave := openPTY(t)
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	shown, err := io.ReadAll(master)
	if err != nil && !errors.Is(err, syscall.EIO) { // how a terminal ends
		t.Fatal(err)
	}
	_ = cmd.Wait() // its exit code is nothing to the test
	return string(shown)
}

func TestDropKeepsProgramsFromTypingIntoTheTerminalOfRoot(t *testing.T) {
	clause.Proves(t, "RUN-12")
	shown := inTerminal(t, dropping(t)+" 0 tty; echo end")
	for _, want := range []string{"drop: <nil>", "5412: operation not permitted", "feed00005412: operation not permitted", "541c: operation not permitted", "end"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in\n%s", want, shown)
		}
	}
}

func TestDropSharesNoTerminalOfRootWithoutFilter(t *testing.T) {
	clause.Proves(t, "RUN-12")
	program := dropping(t)
	want := `drop: cannot become "hermes" in a terminal of another user's shell (new privileges are allowed)`
	if b, err := os.ReadFile("/proc/sys/dev/tty/legacy_tiocsti"); err == nil && strings.TrimSpace(string(b)) == "0" {
		want = "drop: <nil>" // this kernel lets nobody type
	}
	if shown := inTerminal(t, program+" 1; echo end"); !strings.Contains(shown, want) {
		t.Errorf("no %q in\n%s", want, shown)
	}
	if shown := inTerminal(t, "exec "+program+" 1"); !strings.Contains(shown, "drop: <nil>") {
		t.Errorf("a terminal of its own is refused:\n%s", shown)
	}
}

// TestDropWaitsForNoSignal: the runtime tells all threads of a change by a signal, and waits for ever where the kernel has no room
// for one. The room is that of a uid, in all containers of a host, so any program of hermes can take it.
func TestDropWaitsForNoSignal(t *testing.T) {
	clause.Proves(t, "RUN-11")
	program := dropping(t)
	taker := exec.Command("prlimit", "--sigpending=512", program, "0", "timers")
	taker.Env = append(os.Environ(), "GOMAXPROCS=2")
	in, err := taker.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := taker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := taker.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = taker.Wait()
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "timers: ") {
		t.Log(lines.Text())
	}
	for name, c := range map[string]struct {
		as   []string
		want string
	}{
		"from root":             {nil, "drop: <nil>"},
		"as the user, for good": {[]string{"setpriv", "--reuid=12345", "--regid=12346", "--clear-groups", "--inh-caps=-all", "--no-new-privs"}, "drop: <nil>"},
		"as the user":           {[]string{"setpriv", "--reuid=12345", "--regid=12346", "--clear-groups", "--inh-caps=-all"}, "no room for signals"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
			defer stop()
			words := append(append([]string{"prlimit", "--sigpending=256"}, c.as...), program, "0")
			cmd := exec.CommandContext(ctx, words[0], words[1:]...)
			cmd.WaitDelay = time.Second
			got, _ := cmd.CombinedOutput() // the text is looked at
			if !strings.Contains(string(got), c.want) || ctx.Err() != nil {
				t.Errorf("want %q, got %v:\n%s", c.want, ctx.Err(), got)
			}
		})
	}
}
