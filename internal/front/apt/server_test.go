package apt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// helper is a running Server, as its clients and the test see it.
type helper struct {
	*testing.T
	socket string
	stop   func() error // ends the helper and returns Serve's error

	mu  sync.Mutex
	log []string
}

func start(t *testing.T, s Server, job func(context.Context)) *helper {
	t.Helper()
	dir, err := os.MkdirTemp("", "apt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // other users are to reach the socket
		t.Fatal(err)
	}
	h := &helper{T: t, socket: filepath.Join(dir, "socket")}
	if s.Do == nil {
		s.Do = func(_ context.Context, r Request, stdout, stderr io.Writer) int {
			fmt.Fprintln(stdout, "did", r)
			fmt.Fprintln(stderr, "grumbled")
			return 7
		}
	}
	if job == nil {
		job = func(context.Context) {}
	}
	s.Socket, s.Log = h.socket, h.logf
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, job) }()
	h.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = h.stop() })
	h.poll("a socket", func() bool {
		info, err := os.Stat(h.socket)
		return err == nil && info.Mode().Perm() == 0o660
	})
	return h
}

func (h *helper) logf(format string, a ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, fmt.Sprintf(format, a...))
}

func (h *helper) logged(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Contains(strings.Join(h.log, "\n"), text)
}

func (h *helper) poll(what string, ok func() bool) {
	h.Helper()
	limit := time.After(10 * time.Second)
	for tick := time.NewTicker(2 * time.Millisecond); !ok(); {
		select {
		case <-tick.C:
		case <-limit:
			h.Fatalf("no %s; the log: %q", what, h.log)
		}
	}
}

func (h *helper) ask(r Request) (out, errs string, code int, err error) {
	var stdout, stderr bytes.Buffer
	code, err = Ask(h.Context(), h.socket, r, &stdout, &stderr)
	return stdout.String(), stderr.String(), code, err
}

// raw sends any packets and returns the answer.
func (h *helper) raw(packets ...string) (string, int, error) {
	h.Helper()
	conn, err := net.Dial(network, h.socket)
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, p := range packets {
		if _, err := conn.Write([]byte(p)); err != nil {
			return "", 0, err
		}
	}
	var all bytes.Buffer
	code, err := receive(conn, &all, &all)
	return all.String(), code, err
}

var installJq = Request{Verb: Install, Names: []string{"jq"}}

func me() uint32   { return uint32(os.Geteuid()) }
func mine() uint32 { return uint32(os.Getegid()) }

func TestAClientGetsOutputAndExitCode(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	h := start(t, Server{UID: me(), GID: mine()}, nil)
	out, errs, code, err := h.ask(installJq)
	if out != "did install jq\n" || errs != "grumbled\n" || code != 7 || err != nil {
		t.Errorf("%q, %q, %d, %v", out, errs, code, err)
	}
	h.poll("log line", func() bool { return h.logged("install jq: exit code 7") })
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if _, _, _, err := h.ask(installJq); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("without a helper: %v", err)
	}
}

func TestAHostilePacketIsRefused(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	h := start(t, Server{UID: me(), GID: mine(), Do: func(context.Context, Request, io.Writer, io.Writer) int {
		t.Error("it was done")
		return 0
	}}, nil)
	for name, packet := range hostile() {
		out, code, err := h.raw(packet)
		if name == "nothing" { // an empty packet looks like the end
			continue
		}
		if err != nil || code != CodeFailed || !strings.HasPrefix(out, "apt-get: cannot ") {
			t.Errorf("%s: %q, %d, %v", name, out, code, err)
		}
	}
}

func TestLongOutputArrivesWhole(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	long := strings.Repeat("0123456789abcdef", 64<<10)
	h := start(t, Server{UID: me(), GID: mine(), Do: func(_ context.Context, _ Request, stdout, _ io.Writer) int {
		_, _ = io.WriteString(stdout, long)
		return 0
	}}, nil)
	if out, _, code, err := h.ask(installJq); out != long || code != 0 || err != nil {
		t.Errorf("%d bytes, %d, %v", len(out), code, err)
	}
}

func TestOneRequestIsPerformedAtATime(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	var mu sync.Mutex
	var running, most, done int
	h := start(t, Server{UID: me(), GID: mine(), Do: func(context.Context, Request, io.Writer, io.Writer) int {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		<-time.After(5 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		running--
		done++
		return 0
	}}, nil)
	var clients sync.WaitGroup
	for range maxClients {
		clients.Go(func() {
			if _, _, code, err := h.ask(installJq); code != 0 || err != nil {
				t.Errorf("%d, %v", code, err)
			}
		})
	}
	clients.Wait()
	if most != 1 || done != maxClients {
		t.Errorf("%d at a time, %d done", most, done)
	}
}

func TestAptGetGoesOnAfterItsClientLeft(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	goOn, done := make(chan struct{}), make(chan struct{})
	h := start(t, Server{UID: me(), GID: mine(), Do: func(ctx context.Context, _ Request, stdout, _ io.Writer) int {
		defer close(done)
		<-goOn
		if _, err := io.WriteString(stdout, "too late"); err != nil || ctx.Err() != nil {
			t.Errorf("apt-get would notice: %v, %v", err, ctx.Err())
		}
		return 0
	}}, nil)
	conn, err := net.Dial(network, h.socket)
	if err == nil {
		_, err = conn.Write([]byte("install jq"))
	}
	if err != nil {
		t.Fatal(err)
	}
	h.poll("request", func() bool { return h.logged("install jq: asked") })
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	<-done
	h.poll("end", func() bool { return h.logged("install jq: exit code 0") })
}

func TestSilentClientsAreSentAway(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	h := start(t, Server{UID: me(), GID: mine()}, nil)
	for range maxClients {
		conn, err := net.Dial(network, h.socket)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	if _, _, code, err := h.ask(installJq); code != 7 || err != nil {
		t.Errorf("%d, %v", code, err)
	}
	if !h.logged("cannot read a request") {
		t.Errorf("nobody was sent away: %q", h.log)
	}
}

func TestAClientThatWaitsMayLeave(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	holding := make(chan struct{})
	defer close(holding)
	h := start(t, Server{UID: me(), GID: mine()}, func(context.Context) { <-holding })
	ctx, cancel := context.WithCancel(t.Context())
	var progress bytes.Buffer
	asked := make(chan error, 1)
	r, to := io.Pipe()
	go func() {
		_, err := Ask(ctx, h.socket, installJq, io.Discard, io.MultiWriter(&progress, to))
		asked <- err
	}()
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = r.Close()
	if err := <-asked; err == nil || !strings.Contains(progress.String(), "waiting for another installation") {
		t.Errorf("%v, %q", err, &progress)
	}
	h.poll("leave", func() bool { return h.logged("did not wait for its turn") })
}

func TestOnlyHermesAndRootMayAsk(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	const group, other = 54321, 12345
	s := Server{UID: me() + 1, GID: group}
	if me() != 0 { // one user can only be refused by its uid
		s.GID = uint32(os.Getegid())
		if _, errs, code, err := start(t, s, nil).ask(installJq); code != CodeFailed || !strings.Contains(errs, "may not install") {
			t.Errorf("%q, %d, %v", errs, code, err)
		}
		return
	}
	h := start(t, s, nil)
	for _, c := range []struct {
		uid, gid int
		want     string
	}{
		{other, other, "permission denied"},
		{other, group, "uid 12345 may not install"},
		{1, group, "did install jq"},
	} {
		out := make(chan string)
		go func() {
			runtime.LockOSThread() // and never unlock: the thread ends with its ids
			_, _, _ = syscall.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0)
			_, _, _ = syscall.RawSyscall(unix.SYS_SETRESGID, uintptr(c.gid), uintptr(c.gid), uintptr(c.gid))
			_, _, _ = syscall.RawSyscall(unix.SYS_SETRESUID, uintptr(c.uid), uintptr(c.uid), uintptr(c.uid))
			stdout, stderr, _, err := h.ask(installJq)
			out <- fmt.Sprint(stdout, stderr, err)
		}()
		if got := <-out; !strings.Contains(got, c.want) {
			t.Errorf("uid %d, gid %d: %q", c.uid, c.gid, got)
		}
	}
}

func TestALinkInThePlaceOfTheSocketIsReplaced(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := errors.Join(os.WriteFile(victim, nil, 0o600), os.Symlink(victim, filepath.Join(dir, "socket"))); err != nil {
		t.Fatal(err)
	}
	s := Server{Socket: filepath.Join(dir, "socket"), GID: uint32(os.Getegid()), Log: t.Logf}
	l, err := s.listen()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if info, err := os.Lstat(s.Socket); err != nil || info.Mode() != fs.ModeSocket|0o660 {
		t.Error(info.Mode(), err)
	}
	if info, err := os.Stat(victim); err != nil || info.Mode() != 0o600 {
		t.Error("the link's target was touched", err)
	}
}

func TestStopEndsTheJobAndSilentClients(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	h := start(t, Server{UID: me(), GID: mine()}, func(ctx context.Context) { <-ctx.Done() })
	conn, err := net.Dial(network, h.socket) // and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	begin := time.Now()
	if err := h.stop(); err != nil || time.Since(begin) > clientTimeout/2 {
		t.Error(err, time.Since(begin))
	}
}
