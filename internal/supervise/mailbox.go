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

func (m *mailbox) take() []order {
	m.mu.Lock()
	defer m.mu.Unlock()
	orders := m.orders
	m.orders = nil
	return orders
}
