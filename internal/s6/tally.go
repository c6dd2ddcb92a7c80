package s6

import (
	"syscall"
	"time"
)

// MaxTallySize is a size in bytes that no death tally reaches.
const MaxTallySize = (MaxTallyLimit + 1) * TallyEntrySize

// TallyEntrySize is the length of one entry of supervise/death_tally.
const TallyEntrySize = StampSize + 2

// Death is one entry of the tally.
type Death struct {
	Time     time.Time
	ExitCode byte // 128 + signal if killed
	Signal   byte // 0 if it exited
}

// DeathOf returns the entry for a wait status.
func DeathOf(at time.Time, ws syscall.WaitStatus) Death {
	if ws.Signaled() {
		return Death{Time: at, ExitCode: 128 + byte(ws.Signal()), Signal: byte(ws.Signal())}
	}
	return Death{Time: at, ExitCode: byte(ws.ExitStatus())}
}

// DecodeTally reads the content of supervise/death_tally, the oldest entry first. If the size is not a multiple of
// TallyEntrySize, the tally is empty.
//
// spec: SUP-18
func DecodeTally(b []byte) []Death {
	if len(b)%TallyEntrySize != 0 {
		return nil
	}
	deaths := make([]Death, 0, len(b)/TallyEntrySize)
	for ; len(b) > 0; b = b[TallyEntrySize:] {
		deaths = append(deaths, Death{
			Time:     Stamp(b[:StampSize]).Time(),
			ExitCode: b[StampSize],
			Signal:   b[StampSize+1],
		})
	}
	return deaths
}

// EncodeTally returns the content of supervise/death_tally.
func EncodeTally(deaths []Death) []byte {
	b := make([]byte, 0, len(deaths)*TallyEntrySize)
	for _, d := range deaths {
		stamp := StampOf(d.Time)
		b = append(append(b, stamp[:]...), d.ExitCode, d.Signal)
	}
	return b
}

// AddDeath appends d and drops the oldest entries beyond limit.
func AddDeath(deaths []Death, d Death, limit int) []Death {
	deaths = append(deaths, d)
	return deaths[max(0, len(deaths)-limit):]
}
