package measure

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/host"
)

// seededDelay is what the slow init waits before CMD: far more than a start takes on a busy host.
const seededDelay = 500 * time.Millisecond

func TestMain(m *testing.M) {
	Enter()
	if os.Args[0] == "/"+initFile {
		seededInit(os.Args[1], os.Args[2:])
	}
	m.Run()
}

// seededInit is the test binary as an init with a known fault.
func seededInit(fault string, argv []string) {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	switch fault {
	case "slow":
		<-time.After(seededDelay)
	case "busy":
		for {
			syscall.Getpid()
		}
	}
	spawn := func(argv ...string) int {
		// Not os/exec, which makes a process of its own to see what the kernel can do.
		pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}}) //nolint:forbidigo // this is an init
		if err != nil {
			panic(err)
		}
		return pid
	}
	switch fault {
	case "wasteful":
		spawn("/bin/sleep", forever)
	case "twin":
		spawn("/"+initFile, "busy")
	}
	cmd := spawn(argv...)
	for {
		var status syscall.WaitStatus
		pid, err := 0, error(nil)
		if fault != "lazy" { // which reaps nothing
			pid, err = syscall.Wait4(-1, &status, syscall.WNOHANG, nil) //nolint:forbidigo // this is an init
		}
		if err == nil && pid == cmd {
			break
		}
		select {
		case <-term:
			syscall.Exit(0)
		case <-time.After(time.Millisecond):
		}
	}
	if fault == "wasteful" {
		spawn("/bin/true")
	}
	syscall.Exit(7)
}

// seeded is a setup of such an init.
func seeded(t *testing.T, fault string, load Load) *Setup {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return newSetup(t, Subject{Name: fault, Program: program, Args: []string{fault}}, load)
}

func newSetup(t *testing.T, s Subject, load Load) *Setup {
	t.Helper()
	if facts, err := host.Read(""); err != nil || !facts.Admin {
		t.Skip("makes namespaces, which needs CAP_SYS_ADMIN")
	}
	setup, err := NewSetup(t.TempDir(), s, load, false)
	if err != nil {
		t.Fatal(err)
	}
	return setup
}

// An init that waits before CMD comes out slower than one that does not.
func TestSlowInitComesOutSlower(t *testing.T) {
	t.Parallel()
	good, slow := seeded(t, "good", Load{}), seeded(t, "slow", Load{})
	for range 3 {
		quick, err := good.Started(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		late, err := slow.Started(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if quick <= 0 || late < seededDelay || late <= quick {
			t.Errorf("the good init took %v, the slow one %v", quick, late)
		}
	}
}

func TestTraceCountsWhatAnInitMakes(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]Trace{
		"good":     {Processes: 1, Programs: 1, After: 0, Exit: 7},
		"wasteful": {Processes: 2, Programs: 2, After: 1, Exit: 7},
	} {
		got, err := seeded(t, fault, Load{}).Trace(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Threads < 2 {
			t.Errorf("%s: %d threads of a Go program", fault, got.Threads)
		}
		if got.Threads = 0; got != want {
			t.Errorf("%s: %+v, want %+v", fault, got, want)
		}
	}
}

func TestFootprintHasHelpersButNotCmd(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{"good": 1, "wasteful": 2} {
		got, err := seeded(t, fault, Load{}).Footprint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Processes != want || got.PSS < 100 || got.Threads < 2 {
			t.Errorf("%s: %+v, want %d processes", fault, got, want)
		}
	}
}

// What is measured of a container is of all processes of its init together.
func TestAnInitThatRunsIsMeasuredWithAllItsProcesses(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{"good": 1, "wasteful": 1, "twin": 2} {
		l, err := seeded(t, fault, Load{}).start()
		if err != nil {
			t.Fatal(err)
		}
		defer l.kill()
		r := Running(l.pid())
		if err := l.poll(t.Context(), time.Millisecond, func() bool {
			pids, err := r.Supervisors()
			return err == nil && len(pids) == want && r.Count("/"+cmdFile, forever) == 1
		}); err != nil {
			t.Fatalf("%s: %v", fault, err)
		}
		if err := l.poll(t.Context(), time.Millisecond, func() bool {
			cpu, err := r.CPU()
			return err == nil && cpu > 0 && (fault != "twin" || cpu > 300*time.Millisecond)
		}); err != nil {
			t.Errorf("%s: no processor time of a busy process: %v", fault, err)
		}
		if pss, err := r.PSS(); err != nil || pss < 100 {
			t.Errorf("%s: %d kB: %v", fault, pss, err)
		}
		if took, err := r.Stopped(t.Context()); err != nil || took <= 0 {
			t.Errorf("%s: %v, %v", fault, took, err)
		}
	}
	if _, err := Running(math.MaxInt32).PSS(); err == nil || !strings.Contains(err.Error(), "PID 1 of the container") {
		t.Errorf("a container of another host: %v", err)
	}
}

func TestOrphansThatAreNotReapedAreNotReported(t *testing.T) {
	t.Parallel()
	took, err := seeded(t, "good", Load{Orphans: 20}).Reaped(t.Context())
	if err != nil || took <= 0 {
		t.Errorf("the good init: %v, %v", took, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if took, err := seeded(t, "lazy", Load{Orphans: 20}).Reaped(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the init that does not reap: %v, %v", took, err)
	}
}

func TestInitThatDoesNotStartIsAnError(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*Setup) error{
		"started": func(r *Setup) error { _, err := r.Started(t.Context()); return err },
		"stopped": func(r *Setup) error { _, err := r.Stopped(t.Context()); return err },
		"memory":  func(r *Setup) error { _, err := r.Footprint(t.Context()); return err },
	} {
		setup := newSetup(t, Subject{Name: "broken", Program: "/bin/false"}, Load{})
		if err := do(setup); err == nil || !strings.Contains(err.Error(), "ended") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSubjectsThatAreMissingAreNamed(t *testing.T) {
	t.Parallel()
	_, err := Subjects("/init", func(name string) (string, error) {
		if name == "s6-supervise" {
			return "", exec.ErrNotFound
		}
		return "/bin/" + name, nil
	})
	if err == nil || !strings.Contains(err.Error(), `"s6-svscan"`) {
		t.Errorf("want an error that names s6-svscan, got %v", err)
	}
}

func TestMemoryIsReadFromSmaps(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"Rss: 9 kB\nPss:    837 kB\nPss_Dirty: 1 kB\n": 837, "Pss: 1\n": -1, "": -1} {
		got, err := parsePSS("rollup", []byte(text))
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// buildInit compiles /init as the image has it.
func buildInit(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "init")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", program, "caduceus/cmd/hermes-init")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build /init: %v\n%s", err, out)
	}
	return program
}

// Nothing needless happens between the start of PID 1 and CMD, nor after it: one process is created
// and one program executed, which is CMD; the threads are those that are meant to be there.
func TestNothingNeedlessBeforeCmd(t *testing.T) {
	clause.Proves(t, "SUP-100", "SUP-101")
	t.Parallel()
	program := buildInit(t)
	subject := Subject{Name: Ours, Program: program, Supervises: true, Parts: []string{program}}
	if size, err := subject.Size(); err != nil || size > 3_300_000 {
		t.Errorf("the stripped program has %d bytes, more than 3.3 MB: %v", size, err)
	}
	fewest := math.MaxInt
	for range 5 { // on a busy host the runtime adds a thread now and then: not in each start
		got, err := newSetup(t, subject, Load{}).Trace(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fewest = min(fewest, got.Threads)
		if got.Threads = 0; got != (Trace{Processes: 1, Programs: 1}) {
			t.Errorf("%+v, want CMD alone", got)
		}
	}
	if fewest < 16 || fewest > 24 {
		t.Errorf("%d threads, want 16 to 24", fewest)
	}
	for _, services := range []int{0, 5} {
		f, err := newSetup(t, subject, Load{Services: services}).Footprint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Processes != 1 {
			t.Errorf("%d processes with %d services", f.Processes, services)
		}
	}
}
