package supervise

import (
	"fmt"
	"strings"

	"caduceus/internal/s6"
)

// The words of the golden transition list.

func stateNames() []string {
	return []string{"DOWN", "UP", "FINISH", "SWEEP", "LASTUP", "LASTFINISH", "LASTSWEEP", "VANISHED"}
}

// eventNames are in the order of the constants.
func eventNames() []string {
	return []string{
		"timer", "own process died", "newline on pipe", "up for a minute",
		"a b q h i 1 2 y K", "k", "t", "r", "l", "p P c C", "o", "d", "D", "u", "U", "O", "Q",
		"x, release", "stop", "expire", "vanish", "vanish of a logger",
		"(run spawned)", "(run not spawned)", "(run refused)", "(finish spawned)", "(no finish)", "(run left something)", "(nothing is left)",
		"taken over: run lives", "taken over: finish lives", "taken over: nothing lives",
	}
}

// letterOf is a letter for the events that need one.
func letterOf(e event) byte {
	return map[event]byte{
		evSignal: 'q', evKill: 'k', evTerm: 't', evRestart: 'r', evReload: 'l', evPause: 'p',
	}[e]
}

func (e effect) String() string {
	switch e.op {
	case opWrite:
		return "W"
	case opNotify:
		return "'" + e.text + "'"
	case opSignal:
		return strings.TrimPrefix(s6.SignalName(e.signal), "SIG")
	case opSignalGroup:
		return strings.TrimPrefix(s6.SignalName(e.signal), "SIG") + "-group"
	case opSweep:
		text := "sweep-" + strings.TrimPrefix(s6.SignalName(e.signal), "SIG")
		if e.keep {
			text += "-keep"
		}
		return text
	case opNotice:
		return "log(" + e.text + ")"
	case opSaveFailure:
		return fmt.Sprintf("unstarted(%d)", e.failure.Tries)
	case opSaveBackoff:
		return fmt.Sprintf("backoff(%d)", e.backoff.Fails)
	}
	return map[op]string{
		opSpawnRun: "spawn-run", opSpawnFinish: "spawn-finish", opClosePipe: "close-pipe", opTally: "tally",
		opTouchDown: "touch-down", opUnlinkDown: "unlink-down", opDropLog: "drop-log",
		opClearBackoff: "clear-backoff", opClearFailure: "clear-unstarted", opOver: "END",
	}[e.op]
}

func words(effects []effect) string {
	var b strings.Builder
	for _, e := range effects {
		b.WriteString(" " + e.String())
	}
	return strings.TrimSpace(b.String())
}
