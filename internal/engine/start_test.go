package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"caduceus/internal/host"
)

func TestOnlyRootGetsAnEngineInstalledOrStarted(t *testing.T) {
	debian := host.Facts{Root: true, ID: "debian"}
	for name, c := range map[string]struct {
		in   situation
		want action
	}{
		"bare Debian as root":                      {situation{none: true, facts: debian}, install},
		"bare Ubuntu as root":                      {situation{none: true, facts: host.Facts{Root: true, ID: "ubuntu", Like: "debian"}}, install},
		"installed, not running":                   {situation{none: true, dockerd: true, facts: debian}, start},
		"installed on another distribution":        {situation{none: true, dockerd: true, facts: host.Facts{Root: true, ID: "alpine"}}, start},
		"bare, of another distribution":            {situation{none: true, facts: host.Facts{Root: true, ID: "alpine"}}, giveUp},
		"not root":                                 {situation{none: true, dockerd: true, facts: host.Facts{ID: "debian"}}, giveUp},
		"the user named an engine":                 {situation{none: true, named: true, dockerd: true, facts: debian}, giveUp},
		"an engine is there, but something is off": {situation{dockerd: true, facts: debian}, giveUp},
	} {
		t.Run(name, func(t *testing.T) {
			if got := decide(c.in); got != c.want {
				t.Errorf("want %d, got %d", c.want, got)
			}
		})
	}
}

// bare is a host on which no engine listens at the address that DOCKER_HOST names.
func bare(t *testing.T, f host.Facts, run host.Runner, said *strings.Builder) Host {
	t.Helper()
	return Host{
		Facts: f, Run: run, State: t.TempDir(), RunDir: t.TempDir(),
		Getenv: func(string) string { return "" },
		Say:    func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) },
	}
}

func TestAnEngineThatDiesAtItsStartIsNamedWithItsLog(t *testing.T) {
	var said strings.Builder
	run := &host.Fake{Start: func(host.Cmd) (int, error) { return 1 << 30, nil }} // no such process
	h := bare(t, host.Facts{Root: true, ID: "debian"}, run, &said)
	_, err := h.launch(t.Context(), Endpoint{Host: "unix://" + filepath.Join(t.TempDir(), "s"), Source: "test"})
	log := filepath.Join(h.State, "dockerd.log")
	if err == nil || !strings.Contains(err.Error(), "dockerd ended before it answered; look at "+log) {
		t.Errorf("want the log named, got %v", err)
	}
	pid, err := os.ReadFile(filepath.Join(h.State, "dockerd.pid"))
	if err != nil || string(pid) != "1073741824\n" {
		t.Errorf("want the pid in the pid file, got %q, %v", pid, err)
	}
	if !strings.Contains(said.String(), "pid 1073741824") {
		t.Errorf("want the start announced with its pid, got %q", said.String())
	}
}

func TestAnEngineThatIsStartingIsWaitedForAndNotStartedTwice(t *testing.T) {
	var said strings.Builder
	run := &host.Fake{}
	h := bare(t, host.Facts{Root: true, ID: "debian"}, run, &said)
	write(t, filepath.Join(h.RunDir, "docker.pid"), strconv.Itoa(sleeper(t, "dockerd")))
	e, err := h.launch(t.Context(), serve(t, "1.41"))
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
	if len(run.Ran) != 0 {
		t.Errorf("want no second engine started, got %q", run.Ran)
	}
	if _, err := os.Stat(filepath.Join(h.State, "dockerd.pid")); err == nil {
		t.Error("want no pid file for an engine that somebody else started, got one")
	}
}

func TestDockerdIsFoundBesideAPathWithoutRootsFolders(t *testing.T) {
	for name, c := range map[string]struct {
		paths map[string]string
		want  string
	}{
		"on PATH":     {map[string]string{"dockerd": "/opt/dockerd", "/usr/sbin/dockerd": "/usr/sbin/dockerd"}, "/opt/dockerd"},
		"not on PATH": {map[string]string{"/usr/sbin/dockerd": "/usr/sbin/dockerd"}, "/usr/sbin/dockerd"},
		"nowhere":     {nil, ""},
	} {
		if got := (Host{Run: &host.Fake{Paths: c.paths}}).dockerd(); got != c.want {
			t.Errorf("%s: want %q, got %q", name, c.want, got)
		}
	}
}

func TestASystemdHostStartsItsEngineBySystemctl(t *testing.T) {
	var said strings.Builder
	failed := errors.New("exit status 5")
	run := &host.Fake{Answer: func(host.Cmd) (string, error) { return "Unit docker.service not found.", failed }}
	h := bare(t, host.Facts{Root: true, Systemd: true}, run, &said)
	_, err := h.launch(t.Context(), Endpoint{Host: "unix:///nonexistent", Source: "test"})
	if !errors.Is(err, failed) || !run.Did("systemctl start docker") {
		t.Errorf("want systemctl's failure, got %v after %q", err, run.Ran)
	}
}

func TestWhoMayNotInstallLearnsWhatToDo(t *testing.T) {
	var said strings.Builder
	run := &host.Fake{}
	h := bare(t, host.Facts{ID: "debian"}, run, &said)
	h.Getenv = func(key string) string {
		return map[string]string{"DOCKER_HOST": "unix:///nonexistent/docker.sock"}[key]
	}
	_, err := Ensure(t.Context(), h)
	want := `cannot use Docker engine "unix:///nonexistent/docker.sock" (from DOCKER_HOST): there is no such socket; start it, or name another in DOCKER_HOST`
	if text(err) != want {
		t.Errorf("want %s\n got %v", want, err)
	}
	if len(run.Ran) != 0 {
		t.Errorf("want nothing run without the right to install, got %q", run.Ran)
	}
}
