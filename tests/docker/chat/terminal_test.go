//go:build docker

package chat

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"caduceus/tests/docker/harness"
)

// terminal is the keyboard and screen of a container that was started with one.
type terminal struct {
	*fixture
	*harness.Container
	keys client.HijackedResponse
	done chan struct{} // closed when the container has ended

	mu     sync.Mutex
	output bytes.Buffer
	from   int // in text, what expect has not found anything in yet
}

// terminal starts the image as docker run -it does.
func (f *fixture) terminal(spec harness.Spec) *terminal {
	f.Helper()
	spec.TTY = true
	if spec.Env == nil {
		spec.Env = map[string]string{}
	}
	spec.Env["TERM"] = "xterm-256color"
	c := f.start(spec)
	attached, err := docker.API().ContainerAttach(f.Ctx, c.ID, client.ContainerAttachOptions{
		Stream: true, Logs: true, Stdin: true, Stdout: true, Stderr: true,
	})
	f.Must(err)
	t := &terminal{fixture: f, Container: c, keys: attached.HijackedResponse, done: make(chan struct{})}
	f.Cleanup(t.keys.Close)
	go t.collect()
	_, err = docker.API().ContainerResize(f.Ctx, c.ID, client.ContainerResizeOptions{Height: 50, Width: 120})
	f.Must(err)
	return t
}

func (t *terminal) collect() {
	defer close(t.done)
	buf := make([]byte, 4096)
	for {
		n, err := t.keys.Reader.Read(buf)
		t.mu.Lock()
		t.output.Write(buf[:n])
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;:?<>=!]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\x1b[@-Z\\\\-_()#][0-9A-B]?")

// text is what was printed so far, without the terminal's control sequences.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return escapes.ReplaceAllString(t.output.String(), "")
}

// expect waits for output that matches the expression, after what the last expect
// found. While it waits, it types the keys again and again.
func (t *terminal) expect(expr, keys string, limit time.Duration) {
	t.Helper()
	re := regexp.MustCompile(expr)
	t.Must(harness.Poll(t.Ctx, "output that matches "+expr, limit, func(context.Context) (string, bool, error) {
		text := t.text()
		seen := text[min(t.from, len(text)):]
		if at := re.FindStringIndex(seen); at != nil {
			t.from += at[1]
			return "", true, nil
		}
		select {
		case <-t.done:
			return seen, false, errors.New("the terminal was closed: " + seen)
		default:
		}
		if keys != "" {
			t.enter(keys)
		}
		return seen, false, nil
	}))
}

// enter types keys.
func (t *terminal) enter(keys string) {
	t.Helper()
	_, err := t.keys.Conn.Write([]byte(keys))
	t.Must(err)
}

const (
	enterKey = "\r"
	downKey  = "\x1b[B"
)

// choose moves a menu's arrow down to the entry and takes it. A menu may print
// itself again at any time, so a key is pressed only once the arrow has moved.
func (t *terminal) choose(entry string) {
	t.Helper()
	arrow := regexp.MustCompile(`→ \([●○]\) [^(\r\n]*`)
	pressed := ""
	t.Must(harness.Poll(t.Ctx, "entry of the menu: "+entry, answerLimit, func(context.Context) (string, bool, error) {
		text := t.text()
		all := arrow.FindAllString(text[min(t.from, len(text)):], -1)
		if len(all) == 0 {
			return text, false, nil
		}
		at := all[len(all)-1]
		if strings.Contains(at, entry) {
			t.from = len(text)
			t.enter(enterKey)
			return "", true, nil
		}
		if at != pressed {
			pressed = at
			t.enter(downKey)
		}
		return at, false, nil
	}))
}
