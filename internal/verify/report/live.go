package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Live shows a run on a terminal: results that need attention stay, and below them stand, rewritten in place, the
// counts and the checks that run. On anything else every result is a line. It is safe for concurrent use.
type Live struct {
	W        io.Writer
	Terminal bool
	Width    int  // columns of the terminal; 0: 80
	All      bool // also on a terminal, each result stays

	mu      sync.Mutex
	total   int
	results []Result
	running []running
	drawn   int // lines of the block that is rewritten
}

type running struct {
	id    string
	since time.Time
}

// Begin announces how many checks will run.
func (l *Live) Begin(total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total = total
}

// Started says that a check began.
func (l *Live) Started(id string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = append(l.running, running{id, now})
	l.draw(now)
}

// Ended says what became of it.
func (l *Live) Ended(r Result, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, one := range l.running {
		if one.id == r.ID {
			l.running = append(l.running[:i], l.running[i+1:]...)
			break
		}
	}
	l.results = append(l.results, r)
	l.wipe()
	if !l.Terminal || l.All || r.Outcome == Broken || r.Outcome == CouldNotLook {
		_ = WriteResult(l.W, r) // a terminal that went away does not stop the run
	}
	l.draw(now)
}

// Tick redraws the running checks with their age.
func (l *Live) Tick(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draw(now)
}

// End takes the rewritten block away.
func (l *Live) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wipe()
}

// wipe removes the block: the cursor goes to its first column and line, and all below is cleared.
func (l *Live) wipe() {
	if l.drawn > 0 {
		fmt.Fprintf(l.W, "\x1b[%dA\r\x1b[J", l.drawn)
		l.drawn = 0
	}
}

func (l *Live) draw(now time.Time) {
	if !l.Terminal {
		return
	}
	l.wipe()
	width := l.Width
	if width <= 0 {
		width = 80
	}
	v := Judge(l.results, nil)
	lines := []string{fmt.Sprintf("%d of %d: %d hold, %d broken, %d could not look, %d not run",
		len(l.results), l.total, v.Holds, v.Broken, v.CouldNotLook, v.NotRun)}
	for _, r := range l.running {
		lines = append(lines, fmt.Sprintf("  %-28s %s", Line(r.id), seconds(now.Sub(r.since).Seconds())))
	}
	var b strings.Builder
	for _, line := range lines {
		if runes := []rune(line); len(runes) >= width { // a line that wraps would be two
			line = string(runes[:width-1])
		}
		b.WriteString(line + "\n")
	}
	_, _ = io.WriteString(l.W, b.String())
	l.drawn = len(lines)
}
