package apt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// maxClients are looked at at a time; one of them is served, the others wait for their turn.
const maxClients = 8

// Server is the helper: it does what one user and root ask for, one request after the other.
type Server struct {
	Socket string
	UID    uint32 // the user who may ask, beside root
	GID    uint32 // whose members may connect at all

	// Do performs a request that has been validated and returns the exit code.
	Do func(ctx context.Context, r Request, stdout, stderr io.Writer) int
	// Log writes a line.
	Log func(format string, a ...any)

	turn chan struct{} // holds a token while a request is performed
}

// Serve listens until ctx ends, and returns after the request that was being performed. First of all,
// still before it listens, it takes the turn for job, which is done beside.
//
// contract: TOOL-14, TOOL-15
func (s *Server) Serve(ctx context.Context, job func(context.Context)) error {
	s.turn = make(chan struct{}, 1)
	s.turn <- struct{}{}
	var clients sync.WaitGroup
	defer clients.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	clients.Go(func() {
		defer func() { <-s.turn }()
		job(ctx)
	})
	l, err := s.listen()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	places := make(chan struct{}, maxClients)
	for {
		select {
		case places <- struct{}{}: // until then the kernel lets clients wait
		case <-ctx.Done():
			return nil
		}
		conn, err := l.AcceptUnix()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("cannot accept clients: %w", err)
		}
		clients.Go(func() {
			defer func() { <-places }()
			s.serve(ctx, conn)
		})
	}
}

// listen makes the socket. It is born root's alone, and then opened to one group.
func (s *Server) listen() (*net.UnixListener, error) {
	if err := os.Remove(s.Socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot replace the socket: %w", err)
	}
	l, err := net.ListenUnix(network, &net.UnixAddr{Name: s.Socket, Net: network})
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	err = errors.Join(os.Lchown(s.Socket, os.Geteuid(), int(s.GID)), os.Chmod(s.Socket, 0o660))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the socket to group %d: %w", s.GID, err), l.Close())
	}
	return l, nil
}

// serve answers one client.
func (s *Server) serve(ctx context.Context, conn *net.UnixConn) {
	defer func() { _ = conn.Close() }()
	out := &answer{conn: conn}
	r, err := receiveRequest(ctx, conn) // first of all: an answer is lost if a packet stays unread
	peer, peerErr := peerOf(conn)
	switch {
	case peerErr != nil:
		err = peerErr
	case peer.Uid != 0 && peer.Uid != s.UID:
		err = fmt.Errorf("uid %d may not install packages", peer.Uid)
	}
	if err != nil {
		s.Log("refused: %v", err)
		out.say("apt-get: %v", err)
		out.end(CodeFailed)
		return
	}
	if !s.wait(ctx, conn, out) {
		s.Log("%s: its client did not wait for its turn", r)
		return
	}
	defer func() { <-s.turn }()
	s.Log("%s: asked by uid %d, pid %d", r, peer.Uid, peer.Pid)
	begin := time.Now()
	code := s.Do(ctx, r, stream{out, toStdout}, stream{out, toStderr})
	s.Log("%s: exit code %d after %v", r, code, time.Since(begin).Round(time.Millisecond))
	out.end(code)
}

func receiveRequest(ctx context.Context, conn net.Conn) (Request, error) {
	packet := make([]byte, maxRequest+1) // what is longer loses its end, and is too long still
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return Request{}, err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	n, err := conn.Read(packet)
	if err != nil {
		return Request{}, fmt.Errorf("cannot read a request: %w", err)
	}
	return ParseRequest(packet[:n])
}

// wait takes the turn. It gives up when the client does, or ctx ends.
func (s *Server) wait(ctx context.Context, conn net.Conn, out *answer) bool {
	select {
	case s.turn <- struct{}{}:
		return true
	default:
	}
	out.say("apt-get: waiting for another installation to end")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_ = conn.SetReadDeadline(time.Time{}) // an error shows in Read
	go func() {
		_, _ = conn.Read(make([]byte, 1)) // a client has nothing more to say: this is its end
		cancel()
	}()
	select {
	case s.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func peerOf(conn *net.UnixConn) (*unix.Ucred, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var peer *unix.Ucred
	controlErr := raw.Control(func(fd uintptr) {
		peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(controlErr, err); err != nil {
		return nil, fmt.Errorf("cannot tell who asks: %w", err)
	}
	return peer, nil
}
