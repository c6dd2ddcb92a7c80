package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"caduceus/internal/host"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Options are how to talk to a registry.
type Options struct {
	Credentials Credentials
	Say         func(format string, args ...any) // what a person reads; nil: nothing
	Retry       remote.Backoff                   // zero: 4 tries within 13 seconds
	Stall       time.Duration                    // a request without progress for so long has failed; 0: a minute
}

// Result is what a publication ended with.
type Result struct {
	Reference string   // repository@sha256:..., ready to paste
	Tags      []string // all names of the image now, in full
	Changed   bool     // false: the registry had all of it
}

// userAgent is how registries see us.
const userAgent = "caduceus"

// client is one conversation with one registry.
type client struct {
	Plan
	Options
	secrets   *sentSecrets
	transport http.RoundTripper
	remote    []remote.Option
}

func newClient(ctx context.Context, p Plan, o Options) *client {
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.Stall == 0 {
		o.Stall = time.Minute
	}
	if o.Retry.Steps == 0 {
		o.Retry = remote.Backoff{Duration: time.Second, Factor: 3, Jitter: 0.1, Steps: 4}
	}
	c := &client{Plan: p, Options: o, secrets: newSentSecrets(o.Credentials)}
	c.transport = c.secrets.listen(stall{remote.DefaultTransport, o.Stall, ctx})
	c.remote = []remote.Option{
		remote.WithContext(ctx), remote.WithUserAgent(userAgent), remote.WithRetryBackoff(o.Retry),
		remote.WithRetryPredicate(worthRetry), remote.WithAuthFromKeychain(o.Credentials.keychain()),
		remote.WithTransport(c.transport),
	}
	return c
}

// explain turns an error into one line for a person.
func (c *client) explain(what string, err error) error {
	return explain(what, c.Repository, c.Credentials, c.secrets, err)
}

// worthRetry are the failures that another try may not meet.
func worthRetry(err error) bool {
	var temporary interface{ Temporary() bool }
	if errors.As(err, &temporary) && temporary.Temporary() {
		return true
	}
	for _, passing := range []error{syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNREFUSED, net.ErrClosed, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

// Ready asks the registry whether it would take the image, before anybody has made the
// effort to pack it.
func Ready(ctx context.Context, p Plan, o Options) error {
	c := newClient(ctx, p, o)
	what := fmt.Sprintf("cannot publish to %q", p.Repository)
	if err := c.Credentials.check(); err != nil {
		return err
	}
	if _, err := c.have(); err != nil {
		return c.explain(what, err)
	}
	retrying := transport.NewRetry(c.transport, transport.WithRetryBackoff(c.Retry), transport.WithRetryPredicate(worthRetry))
	if err := remote.CheckPushPermission(p.Repository.Tag("any"), c.Credentials.keychain(), retrying); err != nil {
		return c.explain(what, err)
	}
	return nil
}

// Push writes the image by its digest, reads it back, and only then gives it its names.
// What the registry has already is not written again.
func Push(ctx context.Context, p Plan, img v1.Image, o Options) (Result, error) {
	c := newClient(ctx, p, o)
	digest, err := img.Digest()
	if err != nil {
		return Result{}, fmt.Errorf("cannot compute the digest of %q: %w", p.ImageID, err)
	}
	ref := p.Repository.Digest(digest.String())
	what := fmt.Sprintf("cannot publish %q", ref)
	have, err := c.have()
	if err != nil {
		return Result{}, c.explain(what, err)
	}
	moves, err := p.Moves(digest.String(), have)
	if err != nil {
		return Result{}, err
	}
	pushed, err := c.write(ref, img)
	if err != nil {
		return Result{}, c.explain(what, err)
	}
	for _, t := range moves {
		if err := c.name(t, digest, img); err != nil {
			return Result{}, c.explain(fmt.Sprintf("cannot name %q", p.Repository.Tag(t.Name)), err)
		}
	}
	result := Result{Reference: ref.String(), Changed: pushed || len(moves) > 0}
	for _, t := range p.Tags {
		result.Tags = append(result.Tags, p.Repository.Tag(t.Name).String())
	}
	return result, nil
}

// have returns the digest that each tag of the plan means now, "" for none.
func (c *client) have() (map[string]string, error) {
	have := map[string]string{}
	for _, t := range c.Tags {
		digest, err := c.digest(c.Repository.Tag(t.Name))
		if err != nil {
			return nil, err
		}
		have[t.Name] = digest
	}
	return have, nil
}

// digest is that of the manifest the registry gives for a reference, computed from the
// bytes it gives; "" where it has none.
func (c *client) digest(ref name.Reference) (string, error) {
	got, err := remote.Get(ref, c.remote...)
	if answer, ok := errors.AsType[*transport.Error](err); ok && answer.StatusCode == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return got.Digest.String(), nil
}

// write pushes blobs and manifest unless the registry has the manifest, and reads the
// manifest back. It reports whether it wrote.
func (c *client) write(ref name.Digest, img v1.Image) (bool, error) {
	if have, err := c.digest(ref); err != nil || have != "" {
		return false, err
	}
	if err := c.upload(ref, img); err != nil {
		return false, err
	}
	have, err := c.digest(ref)
	if err != nil {
		return false, err
	}
	if have == "" {
		return false, c.distrust("took the image and does not have it")
	}
	return true, nil
}

// name sets one tag and reads it back.
func (c *client) name(t Tag, digest v1.Hash, img v1.Image) error {
	ref := c.Repository.Tag(t.Name)
	if err := remote.Tag(ref, img, c.remote...); err != nil {
		return err
	}
	have, err := c.digest(ref)
	if err != nil {
		return err
	}
	if have != digest.String() {
		return c.distrust(fmt.Sprintf("was sent %s and returns %q", digest, have))
	}
	return nil
}

func (c *client) distrust(how string) error {
	return &host.Problem{
		What:  fmt.Sprintf("cannot trust registry %q", c.Repository.RegistryStr()),
		Cause: "it " + how,
		Next:  "use another registry, or ask its operator; do not use what it has under this name",
	}
}
