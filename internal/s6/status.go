package s6

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// StatusSize is the length of supervise/status. s6 2.13 reads all of it; older releases, and those from 2.14 on, read
// the first 35 bytes.
const StatusSize = 43

// ErrStatusSize is wrapped for a status of another length.
var ErrStatusSize = errors.New("not 43 bytes")

// Bits of the two bytes of flags, at offFlags and offFlags213.
const (
	flagPaused = 1 << iota
	flagFinishing
	flagWantUp
	flagReady
)

// Offsets of the fields. Those with 213 are where s6 2.13 looks.
const (
	offStamp      = 0
	offReadyStamp = 12
	offPid        = 24
	offWait       = 32
	offFlags      = 34
	offPgid       = 36
	offWait213    = 40
	offFlags213   = 42
)

// Status is the state of a service as clients see it.
type Status struct {
	Stamp      time.Time // of the last change between up and down
	ReadyStamp time.Time // of the last time that it was ready, or ready to be started
	Pid        int       // of run while up, of finish while finishing, else 0
	PGID       int       // process group of the same process
	Wait       syscall.WaitStatus
	Paused     bool
	Finishing  bool
	WantUp     bool
	Ready      bool
	NotStarted bool // this supervisor has not started run yet
}

// Over reports whether nothing of the service lives any more.
func (s Status) Over() bool { return s.Pid == 0 && s.Ready }

// Up reports whether run is alive.
func (s Status) Up() bool { return s.Pid != 0 && !s.Finishing }

// Encode returns the content of supervise/status.
//
// spec: SUP-14
func (s Status) Encode() []byte {
	b := make([]byte, StatusSize)
	stamp, ready := StampOf(s.Stamp), StampOf(s.ReadyStamp)
	copy(b[offStamp:], stamp[:])
	copy(b[offReadyStamp:], ready[:])
	binary.BigEndian.PutUint64(b[offPid:], uint64(s.Pid))
	binary.BigEndian.PutUint16(b[offWait:], uint16(s.Wait))
	binary.BigEndian.PutUint32(b[offPgid:], uint32(s.PGID))
	binary.BigEndian.PutUint16(b[offWait213:], uint16(s.Wait))
	flags := s.flags()
	b[offFlags213] = flags
	if s.NotStarted {
		flags |= flagPaused
	}
	b[offFlags] = flags
	return b
}

func (s Status) flags() byte {
	var f byte
	for bit, set := range [...]bool{s.Paused, s.Finishing, s.WantUp, s.Ready} {
		if set {
			f |= 1 << bit
		}
	}
	return f
}

// DecodeStatus reads the content of supervise/status. Its times are in UTC. Callers may test ErrStatusSize.
func DecodeStatus(b []byte) (Status, error) {
	if len(b) != StatusSize {
		return Status{}, fmt.Errorf("cannot decode status of %d bytes: %w", len(b), ErrStatusSize)
	}
	first, second := b[offFlags], b[offFlags213]
	return Status{
		Stamp:      Stamp(b[offStamp:offReadyStamp]).Time(),
		ReadyStamp: Stamp(b[offReadyStamp:offPid]).Time(),
		Pid:        int(binary.BigEndian.Uint64(b[offPid:])),
		PGID:       int(binary.BigEndian.Uint32(b[offPgid:])),
		Wait:       syscall.WaitStatus(binary.BigEndian.Uint16(b[offWait:])),
		Paused:     second&flagPaused != 0,
		Finishing:  first&flagFinishing != 0,
		WantUp:     first&flagWantUp != 0,
		Ready:      first&flagReady != 0,
		NotStarted: first&flagPaused != 0 && second&flagPaused == 0,
	}, nil
}
