package publish

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

const limit = time.Minute

// drip yields one byte after each pause; count of them.
type drip struct {
	pause time.Duration
	left  int
	ctx   context.Context // whose end is an error, as that of a connection's
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.pause):
		d.left--
		p[0] = 'x'
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func (*drip) Close() error { return nil }

// distant is a registry that takes its time: before the answer, and for each byte of it.
// It reads what it is sent at once.
func distant(think, each time.Duration) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
		}
		select {
		case <-time.After(think):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		return &http.Response{StatusCode: http.StatusOK, Body: &drip{each, 20, r.Context()}}, nil
	})
}

// What goes on may take as long as it likes; what stands still ends at the limit.
func TestStallEndsWhatStandsStill(t *testing.T) {
	cases := map[string]struct {
		send, think, each time.Duration
		fails             bool
	}{
		"at once":                      {0, 0, 0, false},
		"slow, but it goes on":         {50 * time.Second, 50 * time.Second, 50 * time.Second, false},
		"no head of an answer":         {0, 2 * limit, 0, true},
		"a body that stops":            {0, 0, 2 * limit, true},
		"a body that cannot be sent":   {2 * limit, 0, 0, true},
		"just too slow for the answer": {0, limit + time.Second, 0, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, http.MethodPatch, "http://registry.example/", &drip{c.send, 5, ctx})
				if err != nil {
					t.Fatal(err)
				}
				if c.send == 0 {
					req.Body = http.NoBody
				}
				began := time.Now()
				err = conversation(stall{distant(c.think, c.each), limit, ctx}, req)
				_, stalled := errors.AsType[errStalled](err)
				if stalled != c.fails || err != nil && !stalled {
					t.Errorf("after %s it ended with %v", time.Since(began), err)
				}
				if took := time.Since(began); stalled && took != limit && c.send == 0 {
					t.Errorf("it was given up after %s", took)
				}
			})
		})
	}
}

// conversation is one request and its whole answer.
func conversation(s stall, req *http.Request) error {
	res, err := s.RoundTrip(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}

func TestStallEndsWithTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, "http://registry.example/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := conversation(stall{distant(0, time.Hour), 2 * time.Hour, ctx}, req); !errors.Is(err, context.Canceled) {
			t.Errorf("want a canceled request, got %v", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it ended after %s", took)
		}
	})
}
