package publish

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"caduceus/internal/host"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// explain turns an error of talking to a registry into one line for a person, without the secrets.
func explain(what string, repository name.Repository, c Credentials, secrets *sentSecrets, err error) error {
	if _, ok := errors.AsType[*host.Problem](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	registry := repository.RegistryStr()
	p := &host.Problem{What: what, Next: fmt.Sprintf("look at the registry %q and publish again; nothing has a name yet that had none before", registry)}
	answer, answered := errors.AsType[*transport.Error](err)
	stalled, isStalled := errors.AsType[errStalled](err)
	dns, isDNS := errors.AsType[*net.DNSError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	_, isTLS := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case answered && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden):
		p.Cause = "the registry takes no push from " + c.who()
		p.Next = fmt.Sprintf("run \"docker login %s\", or set %s and %s; in a call of Dagger, --username and --password", registry, EnvUsername, EnvPassword)
	case answered:
		p.Cause = fmt.Sprintf("the registry answers HTTP %d%s", answer.StatusCode, detail(answer))
	case isStalled:
		p.Cause = "the registry made " + stalled.Error()
	case isDNS:
		p.Cause, p.Next = fmt.Sprintf("the name %q cannot be resolved", dns.Name), "check the address and this host's network, and publish again"
	case errors.Is(err, syscall.ECONNREFUSED):
		p.Cause = "nothing listens at the registry's address"
	case errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH):
		p.Cause, p.Next = "there is no way to the registry", "check this host's network, and publish again"
	case isNet && timeout.Timeout():
		p.Cause, p.Next = "nobody answers at the registry's address", "check the address and this host's network, and publish again"
	case isTLS:
		p.Cause, p.Next = "the registry's certificate is not trusted", "add its authority to the certificates of this host, and publish again"
	default:
		p.Cause = err.Error()
	}
	p.Cause = secrets.scrub(strings.Join(strings.Fields(p.Cause), " "))
	return p
}

func (c Credentials) who() string {
	if c.Username != "" {
		return fmt.Sprintf("user %q with this password", c.Username)
	}
	return "the user of Docker's configuration, if it names one"
}

// detail is the first reason that the registry itself gave.
func detail(e *transport.Error) string {
	if len(e.Errors) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", e.Errors[0].Code, e.Errors[0].Message)
}
