package supervise

import (
	"slices"
	"sync"
)

// mailLimit bounds the orders that a supervisor has not obeyed yet. Only one
// that hangs in an exec gathers any; further orders are dropped.
const mailLimit = 1024

// order is what the scandir or the boot wants of a supervisor.
type order struct {
	letters string // as on the control fifo
	event   event  // if there are no letters
	kick    bool   // only try a failed setup again
}

// ends tells whether a supervisor without a service is to go.
func (o order) ends() bool {
	return o.letters == "" && !o.kick && o.event != evExpire
}

func (o order) vanishes() bool { return o.event == evVanish || o.event == evWither }

// mailbox never blocks the sender.
type mailbox struct {
	mu     sync.Mutex
	orders []order
	ring   chan struct{} // one slot: there is mail
}

func (m *mailbox) put(o order) {
	m.mu.Lock()
	// Scans kick as often as anybody asks for a scan: no kick may crowd out a stop.
	known := o.kick && slices.Contains(m.orders, o)
	if len(m.orders) < mailLimit && !known {
		m.orders = append(m.orders, o)
	}
	m.mu.Unlock()
	select {
	case m.ring <- struct{}{}:
	default:
	}
}

// has tells whether an order that waits is of a kind.
func (m *mailbox) has(kind func(order) bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.orders, kind)
}

// await tells what a supervisor without a service has been sent. The letters
// stay: they are for the service.
func (m *mailbox) await() (kicked, ended bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ended = slices.ContainsFunc(m.orders, order.ends)
	kicked = slices.ContainsFunc(m.orders, func(o order) bool { return o.kick })
	m.orders = slices.DeleteFunc(m.orders, func(o order) bool { return o.letters == "" })
	return kicked, ended
}

func (m *mailbox) take() []order {
	m.mu.Lock()
	defer m.mu.Unlock()
	orders := m.orders
	m.orders = nil
	return orders
}
