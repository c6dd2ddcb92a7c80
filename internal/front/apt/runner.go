package apt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/env"

	"golang.org/x/sys/unix"
)

// Limits of a run of apt-get.
const (
	updateLimit  = 10 * time.Minute
	installLimit = time.Hour
	endLimit     = 2 * time.Second // from TERM to KILL; less than a stopping container gives a service
)

// Runner runs apt-get and dpkg, as root. The zero value is ready to use.
type Runner struct {
	Dir   string      // directory of the programs; "": /usr/bin
	Proxy env.Environ // where the proxy settings for apt are
	Nice  int         // niceness of the programs, for work in the background
}

// options returns those of every apt-get. Nobody can answer questions; an installation must not remove packages; names
// are not patterns; if root is using apt, wait for its lock.
func options() []string {
	var words []string
	for _, o := range []string{
		"APT::Get::Assume-Yes=true", "APT::Get::Remove=false", "APT::Cmd::Pattern-Only=true",
		"DPkg::Lock::Timeout=300", "Dpkg::Use-Pty=0",
		"Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold",
	} {
		words = append(words, "-o", o)
	}
	return append(words, "-q")
}

// Run performs q and returns apt-get's exit code. If apt-get does not exit by itself, it writes the cause to stderr and
// returns CodeFailed.
//
// contract: TOOL-14
func (r Runner) Run(ctx context.Context, q Request, stdout, stderr io.Writer) int {
	limit := updateLimit
	argv := append([]string{"apt-get"}, options()...)
	argv = append(argv, q.Verb)
	if q.Verb == Install {
		limit = installLimit
		argv = append(append(argv, "--"), q.Names...)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took more than %v", limit))
	defer cancel()
	err := q.Validate()
	if err == nil && q.Verb == Install {
		// After an interrupted installation apt-get refuses to work until this was done.
		_, err = r.run(ctx, []string{"dpkg", "--force-confdef", "--force-confold", "--configure", "-a"}, stdout, stderr)
		err = cmp.Or(err, r.checkPlusNames(ctx, q.Names))
	}
	code := CodeFailed
	if err == nil {
		code, err = r.run(ctx, argv, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "apt-get: %v\n", err)
	}
	return code
}

// checkPlusNames returns an error if a name with a "+" at the end, such as g++, is not a package: apt would then take the
// "+" for a mark ("install") and install the package without it.
func (r Runner) checkPlusNames(ctx context.Context, names []string) error {
	for _, name := range names {
		if !strings.HasSuffix(name, "+") {
			continue
		}
		var found bytes.Buffer
		code, err := r.run(ctx, []string{"apt-cache", "pkgnames", "--", name}, &found, io.Discard)
		if err != nil {
			return err
		}
		if code != 0 || !slices.Contains(strings.Split(found.String(), "\n"), name) {
			return fmt.Errorf("cannot install %q: no such package; is apt-get update missing?", name)
		}
	}
	return nil
}

// Installed returns the set of installed packages.
func (r Runner) Installed(ctx context.Context) (map[string]bool, error) {
	var out bytes.Buffer
	code, err := r.run(ctx, []string{"dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"}, &out, io.Discard)
	if err != nil || code != 0 {
		return nil, cmp.Or(err, fmt.Errorf("cannot list packages: dpkg-query exited %d", code))
	}
	installed := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "installed "); ok {
			installed[name] = true
		}
	}
	return installed, nil
}

// run executes a program in a process group of its own, in "/", with a fixed environment and no input, and returns its
// exit code. When ctx ends, the group gets TERM, then KILL.
func (r Runner) run(ctx context.Context, argv []string, stdout, stderr io.Writer) (int, error) {
	cmd := exec.Command(cmp.Or(r.Dir, "/usr/bin")+"/"+argv[0], argv[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = r.environ(), "/", stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = endLimit // a daemon that was started may keep the output open
	if err := ctx.Err(); err != nil {
		return CodeFailed, context.Cause(ctx)
	}
	if err := cmd.Start(); err != nil {
		return CodeFailed, fmt.Errorf("cannot start %s: %w", argv[0], err)
	}
	group := cmd.Process.Pid
	if r.Nice > 0 {
		_ = unix.Setpriority(unix.PRIO_PGRP, group, r.Nice) // an error only means a higher priority
	}
	ended := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		endGroup(ctx, group, ended)
	}()
	err := cmd.Wait()
	close(ended)
	<-watched
	if ctx.Err() != nil {
		return CodeFailed, fmt.Errorf("%s was ended: %w", argv[0], context.Cause(ctx))
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return CodeFailed, fmt.Errorf("%s failed: %w", argv[0], err)
	}
	return 0, nil
}

func endGroup(ctx context.Context, group int, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	_ = syscall.Kill(-group, syscall.SIGTERM) // fails if the group has ended
	select {
	case <-ended:
	case <-time.After(endLimit):
		_ = syscall.Kill(-group, syscall.SIGKILL)
	}
}

// environ returns the environment of the programs. Nothing of the client's gets there.
func (r Runner) environ() []string {
	environ := []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
		"DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
	}
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy"} {
		if value, ok := r.Proxy.Lookup(name); ok {
			environ = append(environ, name+"="+value)
		}
	}
	return environ
}
