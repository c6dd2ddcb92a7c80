package host

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestACommandIsShownAsAShellTakesIt(t *testing.T) {
	for want, c := range map[string]Cmd{
		"go build -o dist/a ./cmd/a":             {Path: "go", Args: []string{"build", "-o", "dist/a", "./cmd/a"}},
		"A='b c' sh -c 'echo '\\''$x'\\'''":      {Path: "sh", Args: []string{"-c", "echo '$x'"}, Env: []string{"A=b c"}},
		"X='' true ''":                           {Path: "true", Args: []string{""}, Env: []string{"X="}},
		"docker --secret id=ca,src=/etc/ca --x=": {Path: "docker", Args: []string{"--secret", "id=ca,src=/etc/ca", "--x="}},
	} {
		if got := c.String(); got != want {
			t.Errorf("want %s\n got %s", want, got)
		}
	}
}

func TestAProgramRunsWithItsEnvironmentAndOutput(t *testing.T) {
	var out bytes.Buffer
	if err := (Exec{}).Run(t.Context(), Cmd{Path: "sh", Args: []string{"-c", "echo $A; pwd"}, Env: []string{"A=1"}, Dir: "/", Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "1\n/\n" {
		t.Errorf("want the variable and the directory, got %q", out.String())
	}
	err := (Exec{}).Run(t.Context(), Cmd{Path: "sh", Args: []string{"-c", "echo why >&2; exit 3"}})
	want := "cannot run \"sh -c 'echo why >&2; exit 3'\": exit status 3\nwhy"
	if err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
	if err := (Exec{}).Run(t.Context(), Cmd{Path: "/nonexistent/program"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
	if _, err := (Exec{}).LookPath("no-such-program-here"); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("LookPath: %v", err)
	}
}

func TestRunEndsTheWholeGroupWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	ended := make(chan error, 1)
	go func() {
		ended <- Exec{}.Run(ctx, Cmd{Path: "sh", Args: []string{"-c", "sleep 60 & echo up; wait"}, Stdout: w})
		w.Close() //nolint:errcheck // the reader sees the end by it
	}()
	if _, err := r.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's end, got %v", err)
	}
}

func TestADaemonOutlivesItsStarter(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	pid, err := (Exec{}).Daemon(Cmd{Path: "sh", Args: []string{"-c", "echo started; exec sleep 60"}}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // ends what this test started
	poll(t, func() bool {
		text, err := os.ReadFile(log)
		return err == nil && string(text) == "started\n"
	})
	session, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 || int(session) != pid {
		t.Errorf("session of %d: %d, %v", pid, session, errno)
	}
}

func poll(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-time.After(10 * time.Second):
			t.Fatal("it did not come true")
		}
	}
}

func TestTheEndOfALongOutputIsKept(t *testing.T) {
	k := &tail{limit: 4}
	for _, s := range []string{"ab", "cdef", "g"} {
		if n, err := k.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	if k.String() != "defg" {
		t.Errorf("want the last four bytes, defg, got %q", k.String())
	}
}

func TestAdminIsASetBit(t *testing.T) {
	for status, want := range map[string]bool{
		"Name:\tgo\nCapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n": true,
		"CapPrm:\t000001ffffffffff\nCapEff:\t00000000a80425fb\n":            false,
		"CapEff:\tnonsense\n": false,
		"":                    false,
	} {
		if got := hasAdmin(status); got != want {
			t.Errorf("%q: want %t, got %t", status, want, got)
		}
	}
}

func TestTheDistributionIsReadFromOSRelease(t *testing.T) {
	release, err := parseOSRelease(strings.NewReader("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n# x\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_ID": "24.04"}, release); diff != "" {
		t.Error(diff)
	}
	for id, want := range map[string]bool{"debian": true, "ubuntu": true, "alpine": false, "": false} {
		if (Facts{ID: id}).Apt() != want {
			t.Errorf("Apt of %q: want %t", id, want)
		}
	}
	if !(Facts{ID: "linuxmint", Like: "ubuntu debian"}).Apt() {
		t.Error("a distribution that is like Ubuntu has apt")
	}
}

// Output of apt-get as it was seen.
func TestInstallSaysWhatStopsApt(t *testing.T) {
	for name, c := range map[string]struct{ output, want string }{
		"no network": {
			"E: Failed to fetch http://mirror.example/debian/pool/a.deb  Temporary failure resolving 'mirror.example'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n",
			`cannot test: apt-get cannot install a: no network: the packages cannot be fetched; check the network or the proxy of this host until "apt-get update" works`,
		},
		"a full disk": {
			"E: You don't have enough free space in /var/cache/apt/archives/.\n",
			`cannot test: apt-get cannot install a: no space left on this host's disk; free some, say with "apt-get clean", and try again`,
		},
		"another apt": {
			"E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n",
			"cannot test: apt-get cannot install a: another program holds apt's lock; wait for it, and try again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := &Fake{Answer: func(Cmd) (string, error) { return c.output, errors.New("exit status 100") }}
			err := Install(t.Context(), run, Facts{Root: true, ID: "debian"}, "test", "a")
			if err == nil || err.Error() != c.want {
				t.Errorf("want %s\n got %v", c.want, err)
			}
		})
	}
}

func TestPackagesAreInstalledWithApt(t *testing.T) {
	failed := errors.New("exit status 100")
	debian := Facts{Root: true, ID: "debian"}
	for name, c := range map[string]struct {
		facts   Facts
		answers []error
		ran     int
		want    string
	}{
		"the lists are there":         {debian, []error{nil}, 1, ""},
		"the lists are old":           {debian, []error{failed, nil, nil}, 3, ""},
		"a third party's index fails": {debian, []error{failed, failed, nil}, 3, ""},
		"no such package": {
			debian,
			[]error{failed, nil, failed},
			3,
			`cannot test: apt-get cannot install a b: E: no such package; look at the output of "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends a b"`,
		},
		"not root":        {Facts{ID: "debian"}, nil, 0, `cannot test: missing packages: a b; run "sudo apt-get install -y --no-install-recommends a b"`},
		"not an apt host": {Facts{Root: true, ID: "alpine"}, nil, 0, `cannot test: missing packages: a b; install them with the package manager of this host`},
	} {
		t.Run(name, func(t *testing.T) {
			var n int
			run := &Fake{Answer: func(Cmd) (string, error) {
				n++
				return "E: no such package\n", c.answers[n-1]
			}}
			got := ""
			if err := Install(t.Context(), run, c.facts, "test", "a", "b"); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("want %s\n got %s", c.want, got)
			}
			if n != c.ran {
				t.Errorf("want %d programs run, got %q", c.ran, run.Ran)
			}
		})
	}
}
