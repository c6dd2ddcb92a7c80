//go:build docker

package podman

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// engine is Podman as one user has it.
type engine struct {
	name   string
	flags  []string // before the verb
	env    []string
	home   string
	person *syscall.Credential // nil: root
}

// result is how a command ended.
type result struct {
	line, stdout, stderr string
	code                 int
}

func (r result) String() string {
	return fmt.Sprintf("%s\nexit code %d, stdout:\n%s\nstderr:\n%s", r.line, r.code, r.stdout, r.stderr)
}

// try runs podman.
func (e engine) try(ctx context.Context, args ...string) result {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "podman", append(append([]string{}, e.flags...), args...)...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = e.env, e.home, &out, &errs
	cmd.WaitDelay = time.Second
	if e.person != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: e.person}
	}
	err := cmd.Run()
	r := result{line: "podman " + strings.Join(args, " "), stdout: out.String(), stderr: errs.String(), code: cmd.ProcessState.ExitCode()}
	if cmd.ProcessState == nil {
		r.code, r.stderr = -1, err.Error()
	}
	return r
}

// uid is that of the files that the engine's user makes.
func (e engine) uid() uint32 {
	if e.person == nil {
		return 0
	}
	return e.person.Uid
}

// container is a container of a test; it goes with the test.
type container struct {
	*testing.T
	engine
	id string
}

// ok runs podman, which has to succeed.
func (e engine) ok(t *testing.T, args ...string) string {
	t.Helper()
	r := e.try(t.Context(), args...)
	if r.code != 0 {
		t.Fatalf("%s: %s", e.name, r)
	}
	return r.stdout
}

// start runs a container in the background, without a network: a person may not be allowed to open /dev/net/tun.
func (e engine) start(t *testing.T, args ...string) container {
	t.Helper()
	out := strings.Fields(e.ok(t, append([]string{"run", "--detach", "--network=none"}, args...)...))
	if len(out) == 0 {
		t.Fatalf("%s: podman run printed no id", e.name)
	}
	return e.found(t, out[len(out)-1])
}

// found is a container that something else started.
func (e engine) found(t *testing.T, id string) container {
	t.Helper()
	c := container{t, e, id}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if t.Failed() {
			t.Logf("%s: %s", e.name, e.try(ctx, "logs", id))
		}
		e.try(ctx, "rm", "--force", "--ignore", "--time=1", id)
	})
	return c
}

// exec runs a command in the container.
func (c container) exec(args ...string) result {
	return c.try(c.Context(), append([]string{"exec", c.id}, args...)...)
}

// does runs a command in the container, which has to succeed.
func (c container) does(args ...string) string {
	c.Helper()
	return c.ok(c.T, append([]string{"exec", c.id}, args...)...)
}

// await polls until a question has an answer that will do.
func (c container) await(what string, ask func() (saw string, ok bool)) string {
	c.Helper()
	limit := time.After(2 * time.Minute) // a bound of the wait, not a measure: hosts are loaded
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	for {
		saw, ok := ask()
		if ok {
			return saw
		}
		select {
		case <-limit:
			c.Fatalf("%s: no %s after two minutes, last seen: %s", c.name, what, saw)
		case <-poll.C:
		}
	}
}

// up waits until a gateway is up, and returns what s6-svstat says.
func (c container) up(profile string) string {
	c.Helper()
	return c.await("gateway of "+profile, func() (string, bool) {
		r := c.exec("/command/s6-svstat", "/run/service/gateway-"+profile)
		return r.String(), r.code == 0 && strings.HasPrefix(r.stdout, "up ")
	})
}

// healthy waits until Podman finds the container healthy.
func (c container) healthy() {
	c.Helper()
	c.await("healthy container", func() (string, bool) {
		r := c.try(c.Context(), "healthcheck", "run", c.id)
		return r.String(), r.code == 0
	})
}

// data makes an empty directory of the engine's user.
func (e engine) data(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(e.home, "data-")
	if err != nil {
		t.Fatal(err)
	}
	if e.person != nil {
		if err := os.Chown(dir, int(e.person.Uid), int(e.person.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// owners counts the files below a directory by owner, without the two that the container's root keeps for itself.
func owners(t *testing.T, dir string) map[uint32]int {
	t.Helper()
	found := map[uint32]int{}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := filepath.Base(path); name == ".container.lock" || name == ".container-ids" {
			return nil
		}
		var stat syscall.Stat_t
		if err := syscall.Lstat(path, &stat); err != nil {
			return err
		}
		found[stat.Uid]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
