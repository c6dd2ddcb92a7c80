package supervise

import (
	"slices"
	"sync"
)

// orderLimit bounds the orders that a supervisor has not obeyed yet. Only one that hangs in an exec
// gathers any; further orders are dropped.
const orderLimit = 1024

// order is what the scandir or the boot wants of a supervisor.
type order struct {
	letters string // as on the control fifo
	event   event  // if there are no letters
	retry   bool   // only try a failed setup again
	wake    bool   // only try a failed START again
}

// ends reports whether the order ends a supervisor without a service.
func (o order) ends() bool {
	return o.letters == "" && !o.retry && !o.wake && o.event != evExpire
}

func (o order) vanishes() bool { return o.event == evVanish || o.event == evVanishLogger }

// orderBox holds the orders that wait. It never blocks who gives one.
type orderBox struct {
	mu      sync.Mutex
	orders  []order
	waiting chan struct{} // one slot: there are orders
}

func (b *orderBox) put(o order) {
	b.mu.Lock()
	// A scan asks for a retry as often as anybody asks for a scan: none may crowd out a stop.
	known := o.retry && slices.Contains(b.orders, o)
	if len(b.orders) < orderLimit && !known {
		b.orders = append(b.orders, o)
	}
	b.mu.Unlock()
	select {
	case b.waiting <- struct{}{}:
	default:
	}
}

// has reports whether an order of a kind waits.
func (b *orderBox) has(kind func(order) bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.orders, kind)
}

// await takes what a supervisor without a service has been sent. The letters stay: they are for the
// service.
func (b *orderBox) await() (retried, ended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ended = slices.ContainsFunc(b.orders, order.ends)
	retried = slices.ContainsFunc(b.orders, func(o order) bool { return o.retry })
	b.orders = slices.DeleteFunc(b.orders, func(o order) bool { return o.letters == "" })
	return retried, ended
}

func (b *orderBox) take() []order {
	b.mu.Lock()
	defer b.mu.Unlock()
	orders := b.orders
	b.orders = nil
	return orders
}

// mayWake reports whether the last START failed, and the next one only waits for its time.
func (r *runner) mayWake() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m.state == stDown && r.unstarted != nil && r.m.status.WantUp && !r.m.timer.IsZero()
}
