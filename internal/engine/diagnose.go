package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"caduceus/internal/host"

	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"
)

var errSSH = errors.New("ssh addresses are not supported")

// diagnose turns what the Engine API's client observed into one line for a person.
func diagnose(at Endpoint, err error) error {
	p := &host.Problem{What: fmt.Sprintf("cannot use Docker engine %q (from %s)", at.Host, at.Source), Err: err}
	text := err.Error()
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) || strings.Contains(text, "no such host"):
		p.Cause = "the name of its host cannot be resolved"
		p.Next = "check the name, or name another engine in DOCKER_HOST"
	case errors.Is(err, errSSH):
		p.Cause = text
		p.Next = `forward its socket with "ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST" and set DOCKER_HOST=unix:///tmp/docker.sock`
	case errors.Is(err, fs.ErrPermission) || strings.Contains(text, "permission denied"):
		p.Cause = "permission denied on its socket"
		p.Next = `run as root, or "sudo usermod -aG docker $USER" and log in again`
	case errors.Is(err, fs.ErrNotExist) || strings.Contains(text, "no such file or directory"):
		p.Cause, p.Err = "there is no such socket", errors.Join(ErrNone, err)
		p.Next = nextStart(at)
	case errors.Is(err, syscall.ECONNREFUSED) || client.IsErrConnectionFailed(err):
		p.Cause, p.Err = "nothing listens there", errors.Join(ErrNone, err)
		p.Next = nextStart(at)
	case errors.Is(err, context.DeadlineExceeded):
		p.Cause = fmt.Sprintf("it did not answer within %s", probeTimeout)
		p.Next = `look at its log, or name another engine in DOCKER_HOST`
	case errors.Is(err, syscall.ENOSPC) || strings.Contains(text, "no space left on device"):
		p.Cause = "its disk is full"
		p.Next = `free space, say with "docker builder prune"`
	case strings.Contains(text, "is not supported by this client"):
		p.Cause = strings.TrimSpace(text)
		p.Next = nextUpgrade
	default:
		p.Cause = strings.ReplaceAll(strings.TrimSpace(text), "\n", " ")
		p.Next = `check the address with "docker version"`
	}
	return p
}

// nextUpgrade is what to do where an engine is too old.
const nextUpgrade = "upgrade it, or name another engine in DOCKER_HOST"

// nextStart is what to do where no engine listens.
func nextStart(at Endpoint) string {
	if at.named() {
		return "start it, or name another in DOCKER_HOST"
	}
	return `start one with "sudo systemctl start docker", install one with "sudo apt-get install -y docker.io", or name one in DOCKER_HOST`
}

// ErrNone means that no engine listens at an address: one may be started.
var ErrNone = errors.New("no engine listens")

// checkVersion refuses an engine whose API is older than MinAPI.
func checkVersion(at Endpoint, api string) error {
	if api != "" && !versions.LessThan(api, MinAPI) {
		return nil
	}
	return &host.Problem{
		What:  fmt.Sprintf("cannot use Docker engine %q (from %s)", at.Host, at.Source),
		Cause: fmt.Sprintf("it speaks Engine API %q, older than %s (Docker 20.10)", api, MinAPI),
		Next:  nextUpgrade,
	}
}
