package apt

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Socket is where the helper listens. Only root may write in its directory.
const Socket = "/run/s6/apt-helper.sock"

// Slot is the name of the helper's service.
const Slot = "apt-helper"

// network keeps the bounds of packets: a request is one packet.
const network = "unixpacket"

// Kinds of packets from the helper: the first byte of each.
const (
	toStdout = '1'
	toStderr = '2'
	exitCode = 'x' // in decimal; the last packet
)

const (
	packetSize    = 16 << 10
	clientTimeout = 5 * time.Second // for a client that writes no request, or reads no answer
)

// CodeFailed is the exit code of apt-get for every failure.
const CodeFailed = 100

// answer sends packets to a client. After the client has left, it drops them: apt-get must go on.
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
	err := a.conn.SetWriteDeadline(time.Now().Add(clientTimeout))
	if err == nil {
		_, err = a.conn.Write(append([]byte{kind}, content...))
	}
	a.gone = err != nil
}

func (a *answer) end(code int) { a.send(exitCode, strconv.AppendInt(nil, int64(code), 10)) }

func (a *answer) say(format string, v ...any) { a.send(toStderr, fmt.Appendf(nil, format+"\n", v...)) }

// stream is one of the two outputs.
type stream struct {
	*answer
	kind byte
}

// Write never fails, so that apt-get does not end when its client leaves.
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
		case exitCode:
			return strconv.Atoi(string(content))
		}
		if err != nil {
			return CodeFailed, err
		}
	}
}
