package harness

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"caduceus/internal/verify/probe"
)

// toolNames are the programs of the system that the scripts of checks call by their names.
const toolNames = `awk basename bash cat chmod chown cmp comm cp curl cut dash date dd diff dirname echo env expr false find getcap getent
grep groups head hostname id install kill ldconfig ln ls mkdir mkfifo mktemp mount mv od pgrep pkill printf ps pwd readlink realpath
rm rmdir sed seq setsid sh sha256sum sleep sort stat su tail tar tee test timeout touch tr true truncate wc xargs`

// Tools are the programs of the system that the scripts of checks call by their names.
func Tools() []string { return strings.Fields(toolNames) }

// Strangers names each tool of the container that is not what a package of Debian brought, with the libraries that tools load,
// and what the loader brings into every program. The probe looks, and starts none of them.
func (c *Container) Strangers(ctx context.Context) ([]string, error) {
	answer, err := c.Ask(ctx, probe.Tools, Tools()...)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, t := range answer.Tools {
		if why := t.Strange(); why != "" {
			found = append(found, why)
		}
	}
	for _, what := range answer.Preloaded {
		found = append(found, fmt.Sprintf("%q is loaded into every program, or changes what is", what))
	}
	return found, nil
}

// ErrTools is why nothing is asked of the tools of an image.
var ErrTools = errors.New("nothing is asked of its tools, as they are not Debian's")

// trust is whether tools may be asked. It is looked at once, before the first question; a look that fails is tried again.
type trust struct {
	mu     sync.Mutex
	looked bool
	err    error
}

func (t *trust) of(image string, strangers func() ([]string, error)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.looked {
		return t.err
	}
	found, err := strangers()
	if err != nil {
		return fmt.Errorf("cannot look at the tools of %q: %w", image, err)
	}
	if t.looked = true; len(found) > 0 {
		t.err = fmt.Errorf("%q: %w: %s", image, ErrTools, strings.Join(found, "; "))
	}
	return t.err
}

// asksTool reports whether a command is a tool's.
func asksTool(command []string) bool {
	return len(command) > 0 && slices.Contains(Tools(), path.Base(command[0]))
}

// trustTools is for what a check asks inside a container. What no check uses is not judged, nor is anything where there is no
// probe: hermes-verify always brings one.
func (c *Container) trustTools(ctx context.Context) error {
	if c.trust == nil || c.engine.probe == "" {
		return nil
	}
	return c.trust.of(c.image, func() ([]string, error) { return c.Strangers(ctx) })
}

// trustTools is for what a container of an image runs: it looks in one in which the probe waits, and nothing else runs.
func (e *Engine) trustTools(ctx context.Context, image string) error {
	if e.probe == "" {
		return nil
	}
	e.mu.Lock()
	t := e.trusted[image]
	if t == nil {
		t = &trust{}
		e.trusted[image] = t
	}
	e.mu.Unlock()
	return t.of(image, func() ([]string, error) {
		c, err := e.Start(ctx, Spec{Image: image, Entrypoint: []string{probe.Program(e.probeDir)}, Cmd: []string{"-", probe.Wait}, User: "0"})
		if c != nil {
			defer c.Remove(context.WithoutCancel(ctx)) //nolint:errcheck // the sweep removes what is left
		}
		if err != nil {
			return nil, err
		}
		return c.Strangers(ctx)
	})
}
