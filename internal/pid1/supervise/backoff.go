package supervise

import (
	"fmt"
	"math"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/launch"
)

// The numbers of the back-off (SUP-40, SUP-41).
const (
	fastDeath     = 60 * time.Second // a shorter life is a fast death
	classicDeaths = 5                // these restart by the classic rule
	classicPause  = time.Second
	exitPlanned   = 75 // a planned restart, not a death
)

// plannedLetters are the letters after which a death is the operator's doing (SUP-42).
const plannedLetters = "trk"

// killLetters are those that kill.
const killLetters = "kK"

// backoff counts fast deaths in a row.
type backoff struct {
	fails int
	delay time.Duration // of the last pause, without jitter
}

// looping reports whether the service is in a crash loop.
func (b backoff) looping() bool { return b.fails > classicDeaths }

// isFast reports whether a death counts as a fast one.
//
// spec: SUP-40
func isFast(want bool, lived time.Duration, ws syscall.WaitStatus, asked string, restartMax time.Duration) bool {
	planned := ws.Exited() && ws.ExitStatus() == exitPlanned
	return want && lived < fastDeath && !planned && !strings.ContainsAny(asked, plannedLetters) && restartMax > 0
}

// pauseOf is the delay after the END of fast death number fails, before jitter; 0 while the classic
// rule holds.
//
// spec: SUP-41
func pauseOf(fails int, restartMax time.Duration) time.Duration {
	if fails <= classicDeaths {
		return 0
	}
	seconds := math.Ldexp(1, min(fails-classicDeaths, 30))
	return min(restartMax, time.Duration(seconds)*time.Second)
}

// classicNext is when s6 starts a service again: one second after it became ready, or after its end
// if it did not.
//
// spec: SUP-34
func classicNext(now, ready, end time.Time) time.Time {
	from := end
	if !ready.IsZero() {
		from = ready
	}
	if next := from.Add(classicPause); next.After(now) {
		return next
	}
	return now
}

// crashLine is the one line of a crash loop whose delay changed.
//
// spec: SUP-43
func crashLine(fails int, ws syscall.WaitStatus, delay time.Duration, next time.Time) string {
	return fmt.Sprintf("crash loop: %d fast deaths, last %s, next start in %.1f s at %s",
		fails, launch.Ended(ws), delay.Seconds(), next.UTC().Format(time.RFC3339))
}
