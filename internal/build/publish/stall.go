package publish

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// errStalled is the cause of a request that made no progress.
type errStalled struct{ limit time.Duration }

func (e errStalled) Error() string { return fmt.Sprintf("no progress for %s", e.limit) }

// Timeout implements net.Error in part: a stalled request is worth another try.
func (errStalled) Timeout() bool { return true }

// Temporary implements net.Error in part.
func (errStalled) Temporary() bool { return true }

// stall ends requests that make no progress: neither a byte sent, nor the head of an
// answer, nor a byte of its body for the limit. A total timeout would fit no image size.
// It also ends requests that a library makes with a context of its own when push ends.
type stall struct {
	inner http.RoundTripper
	limit time.Duration
	push  context.Context //nolint:containedctx // of the push, which is many requests
}

// RoundTrip implements http.RoundTripper.
func (s stall) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(s.limit, func() { cancel(errStalled{s.limit}) })
	unbind := context.AfterFunc(s.push, func() { cancel(s.push.Err()) })
	ended := func() { timer.Stop(); unbind(); cancel(nil) }
	alive := func() { timer.Reset(s.limit) }
	watched := req.Clone(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		watched.Body = watch{req.Body, alive, func() {}, ctx}
	}
	res, err := s.inner.RoundTrip(watched)
	if err != nil {
		defer ended()
		return nil, causeOf(ctx, err)
	}
	alive()
	res.Body = watch{res.Body, alive, ended, ctx}
	return res, nil
}

func causeOf(ctx context.Context, err error) error {
	if stalled, ok := context.Cause(ctx).(errStalled); ok { //nolint:errorlint // set by us, unwrapped
		return stalled
	}
	return err
}

// watch reports each byte that passes.
type watch struct {
	io.ReadCloser
	alive, closed func()
	ctx           context.Context //nolint:containedctx // of the request whose body this is
}

func (w watch) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if n > 0 {
		w.alive()
	}
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader's contract is the value
		err = causeOf(w.ctx, err)
	}
	return n, err
}

func (w watch) Close() error {
	defer w.closed()
	return w.ReadCloser.Close()
}
