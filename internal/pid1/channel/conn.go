package channel

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Pace of what is taken from the other side.
const (
	// Burst is how many messages are taken at once.
	Burst = 4096
	// Rate is how many more each second allows.
	Rate = 1024
)

// bufSize is room for some messages. A packet of the socket is never longer than one.
const bufSize = 4 * MaxSize

// Conn is one end of the channel: what it hears comes from one descriptor, what it says goes to another.
type Conn struct {
	in, out *os.File
	heard   *bufio.Reader
	send    func([]byte) error
	tokens  float64
	last    time.Time
	now     func() time.Time
	pause   func(time.Duration)
}

// Far are the descriptors of the other process's end, in the order in which Use takes them.
type Far [2]*os.File

// Close closes them: the other process has its own by then.
func (f Far) Close() error { return errors.Join(f[0].Close(), f[1].Close()) }

// Pair makes the two ends. The far one is for the other process. It hears from a socket, which takes nothing back, and says
// by a pipe: neither brings descriptors to this process.
func Pair() (near *Conn, far Far, err error) {
	socket, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, far, fmt.Errorf("cannot make a channel: %w", err)
	}
	near = &Conn{out: os.NewFile(uintptr(socket[0]), "channel")}
	far[0] = os.NewFile(uintptr(socket[1]), "channel")
	err = unix.Shutdown(socket[0], unix.SHUT_RD)
	var pipe [2]int
	if err == nil {
		err = unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK)
	}
	if err != nil {
		return nil, far, errors.Join(fmt.Errorf("cannot make a channel: %w", err), near.out.Close(), far[0].Close())
	}
	near.in, far[1] = os.NewFile(uintptr(pipe[0]), "channel"), os.NewFile(uintptr(pipe[1]), "channel")
	near.send = near.try
	return near.begin(), far, nil
}

// Use takes over the descriptors of Far, which this process was given.
func Use(in, out int) (*Conn, error) {
	kind, err := unix.GetsockoptInt(in, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil && kind != unix.SOCK_SEQPACKET {
		err = errors.New("not the end of a channel")
	}
	var st unix.Stat_t
	if err == nil {
		err = unix.Fstat(out, &st)
	}
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFIFO {
		err = errors.New("not the end of a channel")
	}
	for _, fd := range []int{in, out} {
		if err == nil {
			unix.CloseOnExec(fd)
			err = unix.SetNonblock(fd, true)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot use descriptors %d and %d: %w", in, out, err)
	}
	c := &Conn{in: os.NewFile(uintptr(in), "channel"), out: os.NewFile(uintptr(out), "channel")}
	c.send = c.put
	return c.begin(), nil
}

func (c *Conn) begin() *Conn {
	c.heard = bufio.NewReaderSize(c.in, bufSize)
	c.tokens, c.last, c.now = Burst, time.Now(), time.Now
	c.pause = func(d time.Duration) { <-time.After(d) }
	return c
}

// Send sends a message. PID 1 never waits: the error is unix.EAGAIN where the other side does not read. The other side waits
// for PID 1, which always reads. It is safe for concurrent use.
func (c *Conn) Send(m Message) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	return c.send(b)
}

// try sends by the socket.
func (c *Conn) try(b []byte) error {
	conn, err := c.out.SyscallConn()
	if err != nil {
		return err
	}
	var sendErr error
	err = conn.Control(func(fd uintptr) {
		sendErr = unix.Sendto(int(fd), b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
	})
	return errors.Join(err, sendErr)
}

// put sends by the pipe. A message is shorter than what a pipe takes as a whole or not at all.
func (c *Conn) put(b []byte) error {
	_, err := c.out.Write(b)
	return err
}

// Receive waits for a message of the other side. The error is io.EOF when that has gone, and ErrForm when it
// sent something else. One goroutine calls it.
func (c *Conn) Receive() (Message, error) {
	c.throttle()
	b := make([]byte, header, MaxSize)
	_, err := io.ReadFull(c.heard, b)
	size := 0
	if err == nil {
		size, err = sizeOf(b)
	}
	if err == nil {
		b = b[:size]
		_, err = io.ReadFull(c.heard, b[header:])
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF): // it ended while it spoke
		return Message{}, io.EOF
	case err != nil:
		return Message{}, err
	}
	return decode(b)
}

// throttle waits while the other side sends more than it may.
func (c *Conn) throttle() {
	now := c.now()
	c.tokens = min(Burst, c.tokens+now.Sub(c.last).Seconds()*Rate)
	c.last = now
	if c.tokens--; c.tokens < 0 {
		c.pause(time.Duration(-c.tokens / Rate * float64(time.Second)))
	}
}

// Close ends the conversation.
func (c *Conn) Close() error { return errors.Join(c.in.Close(), c.out.Close()) }
