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

// maxClients is the number of connections at a time. One is served, the others wait.
const maxClients = 8

// Server is the helper: it performs the requests of root and of one user, one after the other.
type Server struct {
	Socket string
	UID    uint32 // the user who may ask, beside root
	GID    uint32 // the group that may connect to the socket

	// Do performs a valid request and returns the exit code.
	Do func(ctx context.Context, r Request, stdout, stderr io.Writer) int
	// Log writes a line.
	Log func(format string, a ...any)

	busy chan struct{} // full while job or a request is performed
}

// Serve performs job, then requests, until ctx ends. It listens while job runs, and clients wait. It returns when the
// present job or request is done.
//
// contract: TOOL-14
func (s *Server) Serve(ctx context.Context, job func(context.Context)) error {
	s.busy = make(chan struct{}, 1)
	s.busy <- struct{}{}
	var clients sync.WaitGroup
	defer clients.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	clients.Go(func() {
		defer func() { <-s.busy }()
		job(ctx)
	})
	l, err := s.listen()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	accepted := make(chan struct{}, maxClients)
	for {
		select {
		case accepted <- struct{}{}: // else the next client waits in the kernel's queue
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
			defer func() { <-accepted }()
			s.serve(ctx, conn)
		})
	}
}

// listen creates the socket for root alone, then opens it to one group.
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
	r, err := receiveRequest(ctx, conn) // before anything else: if a packet stays unread, the client loses the answer
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
	defer func() { <-s.busy }()
	s.Log("%s: asked by uid %d, pid %d", r, peer.Uid, peer.Pid)
	begin := time.Now()
	code := s.Do(ctx, r, stream{out, toStdout}, stream{out, toStderr})
	s.Log("%s: exit code %d after %v", r, code, time.Since(begin).Round(time.Millisecond))
	out.end(code)
}

func receiveRequest(ctx context.Context, conn net.Conn) (Request, error) {
	packet := make([]byte, maxRequest+1) // a longer packet is cut, and still too long
	if err := conn.SetReadDeadline(time.Now().Add(clientTimeout)); err != nil {
		return Request{}, err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	n, err := conn.Read(packet)
	if err != nil {
		return Request{}, fmt.Errorf("cannot read a request: %w", err)
	}
	return ParseRequest(packet[:n])
}

// wait waits until no other request is performed. It reports false if the client leaves or ctx ends first.
func (s *Server) wait(ctx context.Context, conn net.Conn, out *answer) bool {
	select {
	case s.busy <- struct{}{}:
		return true
	default:
	}
	out.say("apt-get: waiting for another installation to end")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_ = conn.SetReadDeadline(time.Time{}) // if it fails, so does Read
	go func() {
		_, _ = conn.Read(make([]byte, 1)) // a client writes nothing more, so Read returns when it has left
		cancel()
	}()
	select {
	case s.busy <- struct{}{}:
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
		return nil, fmt.Errorf("cannot get the client's credentials: %w", err)
	}
	return peer, nil
}
