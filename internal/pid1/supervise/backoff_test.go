package supervise

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

// loop lets run die at once n times.
func (s *story) loop(n int) *story {
	s.t.Helper()
	for range n {
		s.next().dies(exit3)
	}
	return s
}

func TestBackoffSeries(t *testing.T) {
	clause.Proves(t, "SLOT-06", "SUP-41")
	s := newStory(t)
	var got []time.Duration
	for range 16 {
		s.next().dies(exit3)
		got = append(got, s.pause()/time.Second)
	}
	want := []time.Duration{1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("pauses %v, want %v", got, want)
		}
	}
}

func TestInstantDeathsInAnHour(t *testing.T) {
	clause.Proves(t, "FAULT-08", "SLOT-06", "SUP-41")
	s := newStory(t)
	jitter := []float64{0.9, 1.1, 1}
	starts := 0
	for s.in.now.Before(epoch().Add(time.Hour)) {
		s.in.jitter = jitter[starts%len(jitter)]
		s.next().dies(exit3)
		starts++
	}
	if starts > 25 {
		t.Errorf("%d starts in an hour, want at most 25", starts)
	}
}

func TestACrashLoopIsLoggedOncePerDelay(t *testing.T) {
	clause.Proves(t, "SLOT-07", "SUP-43")
	s := newStory(t).loop(5)
	if said := s.said(); strings.Contains(said, "log") || strings.Contains(said, "backoff") {
		t.Errorf("five deaths said %q", said)
	}
	s.loop(1)
	want := "spawn-run W 'u' close-pipe tally spawn-finish W 'dD' backoff(6) " +
		"log(crash loop: 6 fast deaths, last exit code 3, next start in 2.0 s at 2026-01-01T00:00:07Z)"
	if got := s.said(); got != want {
		t.Errorf("sixth death did\n%s, want\n%s", got, want)
	}
	s.loop(8)
	s.said()
	s.loop(2)
	if said := s.said(); strings.Contains(said, "log(") || !strings.Contains(said, "backoff(16)") {
		t.Errorf("same delay said %q", said)
	}
}

func TestWhatCountsAsFastDeath(t *testing.T) {
	clause.Proves(t, "SLOT-08", "SLOT-09", "SUP-40", "SUP-42")
	tests := []struct {
		name string
		life func(s *story)
		want int
	}{
		{"dies at once", func(s *story) { s.dies(exit3) }, 4},
		{"exits 0", func(s *story) { s.dies(0) }, 4},
		{"killed from outside", func(s *story) { s.dies(syscall.WaitStatus(syscall.SIGKILL)) }, 4},
		{"just before a minute", func(s *story) { s.after(fastDeath - 1).dies(exit3) }, 4},
		{"after a minute", func(s *story) { s.after(fastDeath).do(evStable).dies(exit3) }, 0},
		{"planned restart", func(s *story) { s.dies(exitPlanned << 8) }, 3},
		{"not wanted any more", func(s *story) { s.send("d").dies(exit3) }, 3},
		{"killed by letter", func(s *story) { s.send("k").dies(syscall.WaitStatus(syscall.SIGKILL)) }, 3},
		{"told to end", func(s *story) { s.send("t").dies(0) }, 0},
		{"told to restart", func(s *story) { s.send("r").dies(0) }, 0},
		{"told to hang up", func(s *story) { s.send("h").dies(exit3) }, 4},
		{"wanted again", func(s *story) { s.send("u").dies(exit3) }, 1},
		{"classic s6", func(s *story) { s.in.config.RestartMax = 0; s.dies(exit3) }, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStory(t).loop(3).next()
			tt.life(s)
			if got := s.m.backoff.fails; got != tt.want {
				t.Errorf("%d fast deaths, want %d", got, tt.want)
			}
		})
	}
}

func TestLettersInThePause(t *testing.T) {
	clause.Proves(t, "SLOT-08", "SUP-42")
	tests := []struct {
		letters string
		starts  bool // at once
		pause   time.Duration
		clears  bool
	}{
		{"u", true, 0, true},
		{"U", true, 0, true},
		{"t", false, 700 * time.Millisecond, true},
		{"r", false, 700 * time.Millisecond, true},
		{"h", false, 31700 * time.Millisecond, false},
		{"k", false, 31700 * time.Millisecond, false},
		{"d", false, 31700 * time.Millisecond, false},
		{"dt", false, 31700 * time.Millisecond, true}, // not wanted: no reason to hurry
		{"O", false, 31700 * time.Millisecond, false},
	}
	for _, tt := range tests {
		t.Run(tt.letters, func(t *testing.T) {
			s := newStory(t).loop(10)
			s.said()
			s.after(300 * time.Millisecond).send(tt.letters)
			said := s.said()
			if got := strings.Contains(said, "spawn-run"); got != tt.starts {
				t.Errorf("started at once: %v (%s)", got, said)
			}
			if got := strings.Contains(said, "clear-backoff log(crash loop over: by command)"); got != tt.clears {
				t.Errorf("cleared: %v (%s)", got, said)
			}
			if !tt.starts && s.pause() != tt.pause {
				t.Errorf("pause %v, want %v", s.pause(), tt.pause)
			}
		})
	}
}

func TestAMinuteUpEndsTheCrashLoop(t *testing.T) {
	clause.Proves(t, "SUP-42")
	s := newStory(t).loop(7).next()
	if got := s.m.stableAt.Sub(s.in.now); got != fastDeath {
		t.Fatalf("stableAt in %v", got)
	}
	s.said()
	s.after(fastDeath).do(evStable)
	if got, want := s.said(), "clear-backoff log(crash loop over: up for a minute)"; got != want {
		t.Errorf("did %q, want %q", got, want)
	}
	if got := s.dies(exit3).pause(); got != time.Second {
		t.Errorf("pause %v, want 1s", got)
	}
}

func TestCapOfTheBackoff(t *testing.T) {
	clause.Proves(t, "SLOT-06", "SUP-41")
	s := newStory(t)
	s.in.config.RestartMax = 3 * time.Second
	if got := s.loop(12).pause(); got != 3*time.Second {
		t.Errorf("pause %v, want the cap", got)
	}
	s = newStory(t)
	s.in.config.RestartMax = 10 * time.Millisecond
	if got := s.loop(12).pause(); got != time.Second {
		t.Errorf("pause %v, want no less than the classic one", got)
	}
	s = newStory(t)
	s.in.config.RestartMax = 0
	if got := s.loop(100).pause(); got != time.Second {
		t.Errorf("pause %v, want the classic one", got)
	}
	if strings.Contains(s.said(), "backoff") {
		t.Error("classic s6 wrote a backoff file")
	}
}

func TestPauseNeverOverflows(t *testing.T) {
	for _, fails := range []int{6, 40, 63, 64, 1 << 30} {
		if got := pauseOf(fails, s6.DefaultRestartMax); got <= 0 || got > s6.DefaultRestartMax {
			t.Errorf("pauseOf(%d) = %v", fails, got)
		}
	}
}
