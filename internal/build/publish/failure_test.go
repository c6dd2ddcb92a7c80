package publish

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// wrapped is an error as the HTTP client and the registry's client wrap it.
func wrapped(err error) error {
	return fmt.Errorf("pushing: %w", &url.Error{Op: "Get", URL: "https://registry.example/v2/", Err: err})
}

func TestExplainNamesCauseAndNextCommand(t *testing.T) {
	repository, err := name.NewRepository("registry.example/team/hermes-agent")
	if err != nil {
		t.Fatal(err)
	}
	dial := func(code syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", code)}
	}
	cases := map[string]struct {
		err  error
		want string
	}{
		"no name service": {
			&net.DNSError{Err: "server misbehaving", Name: "registry.example"},
			`cannot publish "x": the name "registry.example" cannot be resolved; check the address and this host's network, and publish again`,
		},
		"no network": {
			dial(syscall.ENETUNREACH), `cannot publish "x": there is no way to the registry; check this host's network, and publish again`,
		},
		"no route": {dial(syscall.EHOSTUNREACH), `there is no way to the registry; check this host's network`},
		"nobody listens": {
			dial(syscall.ECONNREFUSED),
			`nothing listens at the registry's address; look at the registry "registry.example" and publish again; nothing has a name yet`,
		},
		"packets that get lost": {
			&net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded},
			`nobody answers at the registry's address; check the address and this host's network, and publish again`,
		},
		"a request without progress": {errStalled{time.Minute}, `the registry made no progress for 1m0s; look at the registry`},
		"a certificate of nobody": {
			&tls.CertificateVerificationError{Err: errors.New("unknown authority")},
			`the registry's certificate is not trusted; add its authority to the certificates of this host`,
		},
		"a refusal": {
			&transport.Error{StatusCode: http.StatusForbidden},
			`the registry takes no push from user "me" with this password; run "docker login registry.example", or set ` + EnvUsername + " and " + EnvPassword,
		},
		"a reason": {
			&transport.Error{StatusCode: http.StatusInsufficientStorage, Errors: []transport.Diagnostic{{Code: "FULL", Message: "no\nspace"}}},
			`the registry answers HTTP 507 (FULL: no space); look at the registry`,
		},
	}
	c := Credentials{Username: "me", Password: NewSecret("hunter2")}
	for name, k := range cases {
		t.Run(name, func(t *testing.T) {
			err := explain(`cannot publish "x"`, repository, c, newSentSecrets(c), wrapped(k.err))
			if !strings.Contains(err.Error(), k.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want %q in one line, got %v", k.want, err)
			}
		})
	}
	if err := explain("x", repository, c, newSentSecrets(c), wrapped(context.Canceled)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled push is explained as %v", err)
	}
}
