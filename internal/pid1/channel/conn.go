package channel

import (
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

// Conn is one end of the channel.
type Conn struct {
	f      *os.File
	tokens float64
	last   time.Time
	now    func() time.Time
	pause  func(time.Duration)
}

// Pair makes the two ends. The far one is for the other process, which opens it with Use.
func Pair() (near *Conn, far *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot make a channel: %w", err)
	}
	return newConn(fds[0]), os.NewFile(uintptr(fds[1]), "channel"), nil
}

// Use takes over a descriptor that this process was given.
func Use(fd int) (*Conn, error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil && kind != unix.SOCK_SEQPACKET {
		err = errors.New("not the end of a channel")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot use descriptor %d: %w", fd, err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("cannot use descriptor %d: %w", fd, err)
	}
	return newConn(fd), nil
}

func newConn(fd int) *Conn {
	return &Conn{
		f: os.NewFile(uintptr(fd), "channel"), tokens: Burst, last: time.Now(), now: time.Now,
		pause: func(d time.Duration) { <-time.After(d) },
	}
}

// Send sends a message. It never waits: the error is unix.EAGAIN where the other side does not read.
// It is safe for concurrent use.
func (c *Conn) Send(m Message) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	conn, err := c.f.SyscallConn()
	if err != nil {
		return err
	}
	var sendErr error
	err = conn.Control(func(fd uintptr) {
		sendErr = unix.Sendto(int(fd), b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
	})
	return errors.Join(err, sendErr)
}

// Receive waits for a message of the other side. The error is io.EOF when that has gone, and ErrForm when it
// sent something else. One goroutine calls it.
func (c *Conn) Receive() (Message, error) {
	c.throttle()
	buf := make([]byte, MaxSize+1)
	n, err := c.f.Read(buf)
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err != nil {
		return Message{}, err
	}
	return decode(buf[:n])
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
func (c *Conn) Close() error { return c.f.Close() }
