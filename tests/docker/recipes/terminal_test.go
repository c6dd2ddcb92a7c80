//go:build docker

package recipes

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"

	"caduceus/tests/docker/harness"

	"github.com/creack/pty"
)

// terminal is a recipe that a person would run at a terminal: it has one.
type terminal struct {
	u    *user
	cmd  *exec.Cmd
	pty  *os.File
	done chan struct{} // closed when the recipe has ended

	mu     sync.Mutex
	output bytes.Buffer
	from   int // end of what expect matched last, in text
}

// terminal starts a recipe on a terminal of its own.
func (u *user) terminal(recipe string) *terminal {
	u.Helper()
	cmd := exec.Command("sh", "-c", u.written(recipe))
	cmd.Dir, cmd.Env = u.dir, append(slices.Clone(u.env), "TERM=xterm-256color")
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 120})
	if err != nil {
		u.Fatal(err)
	}
	t := &terminal{u: u, cmd: cmd, pty: f, done: make(chan struct{})}
	go t.collect()
	u.Cleanup(t.close)
	return t
}

func (t *terminal) collect() {
	defer close(t.done)
	buf := make([]byte, 4096)
	for {
		n, err := t.pty.Read(buf)
		t.mu.Lock()
		t.output.Write(buf[:n])
		t.mu.Unlock()
		if err != nil { // EIO: the last one with the terminal open has gone
			_ = t.cmd.Wait()
			return
		}
	}
}

func (t *terminal) close() {
	select {
	case <-t.done:
	default:
		_ = syscall.Kill(-t.cmd.Process.Pid, syscall.SIGKILL) // its session's group
		<-t.done
	}
	_ = t.pty.Close()
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;:?<>=!]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\x1b[@-Z\\\\-_()#][0-9A-B]?")

// text is all that was printed so far, without the terminal's control sequences.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return escapes.ReplaceAllString(t.output.String(), "")
}

// expect waits until the recipe prints something that matches the expression,
// after what the last expect matched.
func (t *terminal) expect(expr string, limit time.Duration) {
	t.u.Helper()
	re := regexp.MustCompile(expr)
	err := harness.Poll(t.u.ctx, "output that matches "+expr, limit, func(context.Context) (string, bool, error) {
		var ended error
		select {
		case <-t.done:
			ended = errors.New("the recipe has ended")
		default:
		}
		all := t.text()
		seen := all[min(t.from, len(all)):]
		found := re.FindStringIndex(seen)
		if found == nil {
			return seen, false, ended
		}
		t.from += found[1]
		return "", true, nil
	})
	if err != nil {
		t.u.Fatalf("%v; the end of all it printed: %s", err, tail(t.text()))
	}
}

// send types text.
func (t *terminal) send(text string) {
	t.u.Helper()
	if _, err := t.pty.WriteString(text); err != nil {
		t.u.Fatal(err)
	}
}

// enter types text, sees it appear and presses Enter. Both at once would be taken
// for pasted text.
func (t *terminal) enter(text string) {
	t.u.Helper()
	t.send(text)
	t.expect(regexp.QuoteMeta(text), verbLimit)
	t.send("\r")
}

// interrupt presses Ctrl-C until the recipe has ended.
func (t *terminal) interrupt(limit time.Duration) {
	t.u.Helper()
	err := harness.Poll(t.u.ctx, "end of the recipe", limit, func(context.Context) (string, bool, error) {
		select {
		case <-t.done:
			return "", true, nil
		default:
			t.send("\x03")
			return tail(t.text()), false, nil
		}
	})
	if err != nil {
		t.u.Fatal(err)
	}
}

// wait waits for the recipe's end and returns its exit code.
func (t *terminal) wait() int {
	t.u.Helper()
	select {
	case <-t.done:
	case <-time.After(verbLimit):
		t.u.Fatalf("the recipe has not ended within %v; last seen: %s", verbLimit, tail(t.text()))
	}
	return t.cmd.ProcessState.ExitCode()
}
