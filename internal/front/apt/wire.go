package apt

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Socket is where the helper listens. Its directory is root's, so nobody else can put one there.
const Socket = "/run/s6/apt-helper.sock"

// Slot is the name of the helper's service.
const Slot = "apt-helper"

// network is a connection of packets: a request is one, whole or refused.
const network = "unixpacket"

// Kinds of an answer's packets: their first byte.
const (
	toStdout = '1'
	toStderr = '2'
	theEnd   = 'x' // the exit code in decimal
)

const (
	packetSize = 16 << 10
	patience   = 5 * time.Second // with a client that says nothing, or does not read
)

// CodeFailed is apt-get's own exit code for whatever went wrong.
const CodeFailed = 100

// answer sends packets to a client until that is gone; what is done for it goes on.
type answer struct {
	mu   sync.Mutex
	conn net.Conn
	gone bool
}

func (a *answer) send(kind byte, content []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone {
		return
	}
	err := a.conn.SetWriteDeadline(time.Now().Add(patience))
	if err == nil {
		_, err = a.conn.Write(append([]byte{kind}, content...))
	}
	a.gone = err != nil
}

func (a *answer) end(code int) { a.send(theEnd, strconv.AppendInt(nil, int64(code), 10)) }

func (a *answer) say(format string, v ...any) { a.send(toStderr, fmt.Appendf(nil, format+"\n", v...)) }

// stream is one of the two outputs.
type stream struct {
	*answer
	kind byte
}

// Write never fails: apt-get must not notice that its client has gone.
func (s stream) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), packetSize)
		s.send(s.kind, rest[:n])
		rest = rest[n:]
	}
	return len(p), nil
}

// receive copies an answer to the two outputs and returns its exit code.
func receive(conn net.Conn, stdout, stderr io.Writer) (int, error) {
	packet := make([]byte, packetSize+1)
	for {
		n, err := conn.Read(packet)
		if err != nil {
			return CodeFailed, fmt.Errorf("cannot read the helper's answer (the container's log may say why): %w", err)
		}
		switch content := packet[1:n]; packet[0] {
		case toStdout:
			_, err = stdout.Write(content)
		case toStderr:
			_, err = stderr.Write(content)
		case theEnd:
			return strconv.Atoi(string(content))
		}
		if err != nil {
			return CodeFailed, err
		}
	}
}
