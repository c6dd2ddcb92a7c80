package user

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"caduceus/internal/pid1/channel"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// server does what PID 1 asks for.
type server struct {
	conn    *channel.Conn
	scandir *scan.Scandir
	procs   *proc.Table
	dir     string
	log     log.Logger
}

// say sends a message to PID 1, which always reads; if it does not, it has gone.
func (s *server) say(m channel.Message) { _ = s.conn.Send(m) }

// forward hands PID 1 a control letter that concerns the container.
func (s *server) forward(letter byte) {
	s.say(channel.Message{Kind: channel.Letter, Number: int64(letter)})
}

// serve returns when PID 1 has let go.
func (s *server) serve(ctx context.Context) {
	for {
		m, err := s.conn.Receive()
		if err != nil {
			return
		}
		switch m.Kind {
		case channel.Ping:
			s.answer(m, nil)
		case channel.Scan, channel.Up, channel.Stop, channel.Loggers, channel.Report:
			go func() { s.answer(m, s.do(ctx, m)) }()
		default:
			s.obey(m)
		}
	}
}

func (s *server) answer(m channel.Message, err error) {
	reply := channel.Message{Kind: channel.Done, ID: m.ID}
	if err != nil {
		reply.Text = err.Error()
	}
	s.say(reply)
}

// do does what has an answer.
func (s *server) do(ctx context.Context, m channel.Message) error {
	switch m.Kind {
	case channel.Scan:
		s.scandir.Scan()
		s.scandir.AwaitSupervised(ctx, time.Second)
	case channel.Up:
		return s.up(ctx, m.Name, m.Number != 0)
	case channel.Stop:
		s.stop(ctx, m)
	case channel.Loggers:
		s.scandir.CloseLoggers(ctx, millis(m.Number))
	case channel.Report:
		s.report(m.ID)
	}
	return nil
}

// obey does what has no answer.
func (s *server) obey(m channel.Message) {
	switch m.Kind {
	case channel.Down:
		if service := s.scandir.Service(m.Name); service != nil {
			service.Command("d")
		}
	case channel.Link:
		if err := link(s.dir, m.Name, m.Text); err != nil {
			s.log.Warnf("cannot show service %q below %q: %v", m.Name, s.dir, err)
		}
	case channel.Freeze:
		s.scandir.Freeze()
	case channel.Exited:
		s.procs.Exited(proc.Exit{Pid: int(m.ID), Start: m.Limit, Status: syscall.WaitStatus(m.Number)})
	case channel.Prune:
		s.scandir.Prune(false)
	}
}

// link shows a service of PID 1's own by its name.
func link(dir, name, target string) error {
	path := filepath.Join(dir, name)
	if old, err := os.Readlink(path); err == nil && old == target {
		return nil
	}
	return os.Symlink(target, path)
}

func (s *server) up(ctx context.Context, name string, ready bool) error {
	service := s.scandir.Service(name)
	if service == nil {
		return errors.New("it is not supervised")
	}
	cond := supervise.Up
	if ready {
		cond = supervise.Ready
	}
	service.Command("u")
	return service.Wait(ctx, cond)
}

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// stop stops one service, or all but some.
func (s *server) stop(ctx context.Context, m channel.Message) {
	began := time.Now()
	names := []string{m.Name}
	if m.Name == "" {
		names = others(s.scandir.Names(), strings.Split(m.Text, "\n"))
	}
	var all sync.WaitGroup
	for _, name := range names {
		grace := min(max(millis(m.Number), s.scandir.KillTimeout(name)), max(millis(m.Number), millis(m.Limit)))
		all.Go(func() { s.scandir.StopWithin(ctx, name, began, grace) })
	}
	all.Wait()
}

// others are the services that are neither kept nor loggers.
func others(names, keep []string) []string {
	kept := map[string]bool{}
	for _, name := range keep {
		kept[name] = true
	}
	var rest []string
	for _, name := range names {
		if !kept[name] && !strings.HasSuffix(name, "/"+s6.LogDir) {
			rest = append(rest, name)
		}
	}
	return rest
}

// report sends for each service but the loggers what it does, why, and whether it has a down file.
func (s *server) report(id uint32) {
	for _, name := range others(s.scandir.Names(), nil) {
		service := s.scandir.Service(name)
		if service == nil {
			continue
		}
		word, why := service.Condition()
		down := ""
		if _, err := os.Lstat(filepath.Join(s.dir, name, s6.DownFile)); err == nil {
			down = s6.DownFile
		}
		s.say(channel.Message{Kind: channel.Line, ID: id, Name: name, Text: word + "\x00" + why + "\x00" + down})
	}
}
