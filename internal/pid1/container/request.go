package container

import "context"

// Request is the request to stop. It is safe for concurrent use.
type Request struct {
	asked   context.Context // ends when the container is to stop; its cause is the reason
	ask     context.CancelCauseFunc
	aborted context.Context // ends when even the steps of the stop are to be skipped
	abort   context.CancelFunc
}

// NewRequest returns a request that nobody has made yet.
func NewRequest() *Request {
	r := &Request{}
	r.aborted, r.abort = context.WithCancel(context.Background())
	r.asked, r.ask = context.WithCancelCause(r.aborted)
	return r
}

// Ask asks for the stop. The first reason counts, further ones change nothing.
//
// spec: SUP-82
func (r *Request) Ask(why error) { r.ask(why) }

// Asked ends when the container is to stop.
func (r *Request) Asked() context.Context { return r.asked }

// Stopping reports whether the container is to stop.
func (r *Request) Stopping() bool { return r.asked.Err() != nil }

// Reason is why the container is to stop, nil as long as it is not.
func (r *Request) Reason() error { return context.Cause(r.asked) }

// Abort asks to leave at once, without the steps of the stop.
func (r *Request) Abort() { r.abort() }

// Aborted ends when the container is to be left at once.
func (r *Request) Aborted() context.Context { return r.aborted }
