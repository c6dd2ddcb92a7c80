package supervise

import (
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"caduceus/internal/clause"
)

// stepped is t with its wall clock reading moved by step, as time.Now gives it after somebody set the
// clock: the monotonic reading stays. Package time cannot say this, so the layout of time.Time is
// used, and checked.
func stepped(t *testing.T, at time.Time, step time.Duration) time.Time {
	t.Helper()
	const (
		hasMonotonic = 1 << 63
		secondsShift = 30
	)
	moved := at
	wall := (*uint64)(unsafe.Pointer(&moved))
	if *wall&hasMonotonic == 0 {
		t.Fatalf("%v has no monotonic reading", at)
	}
	*wall += uint64(step/time.Second) << secondsShift
	if moved.Sub(at) != 0 || moved.Round(0).Sub(at.Round(0)) != step {
		t.Fatalf("the step gave %v for %v", moved, at)
	}
	return moved
}

// clocked is a service whose wall clock the test sets.
func clocked(t *testing.T, files map[string]string) *rig {
	t.Helper()
	r := newRig(t, files)
	r.now = func() time.Time { return stepped(t, time.Now(), time.Duration(r.step.Load())) }
	return r.start()
}

func (r *rig) setClock(step time.Duration) { r.step.Store(int64(step)) }

// turn lets the supervisor obey something and look at its timers again.
func (r *rig) turn() {
	r.Helper()
	for _, letter := range []string{"p", "c"} {
		r.service.Command(letter)
		r.poll("a turn", func() bool { return r.service.Status().Paused == (letter == "p") })
	}
}

// steps are what a clock does: somebody sets it, a machine wakes up, a battery is empty.
func steps() map[string]time.Duration {
	const year = 365 * 24 * time.Hour
	return map[string]time.Duration{
		"an hour on": time.Hour, "an hour back": -time.Hour, "years on": 20 * year, "years back": -20 * year,
	}
}

// TestAClockStepRestartsNothing: a step of the wall clock restarts nothing, makes no timer early or late, and only
// moves the stamps.
func TestAClockStepRestartsNothing(t *testing.T) {
	clause.Proves(t, "FAULT-15", "SUP-92")
	for name, step := range steps() {
		t.Run(name, func(t *testing.T) { // one after the other: each has a pid table
			t.Run("while up", func(t *testing.T) { stepWhileUp(t, step) })
			t.Run("between two runs", func(t *testing.T) { stepBetweenRuns(t, step) })
			t.Run("during finish", func(t *testing.T) { stepDuringFinish(t, step) })
			t.Run("before the kill", func(t *testing.T) { stepBeforeKill(t, step) })
		})
	}
}

func stepWhileUp(t *testing.T, step time.Duration) {
	t.Helper()
	r := clocked(t, map[string]string{"run": sleeper, "down": ""})
	events := r.subscribe()
	r.service.Command("u")
	r.wait(Up)
	before := r.service.Status()
	r.setClock(step)
	r.turn()
	if after := r.service.Status(); after != before {
		t.Errorf("status\n%+v, before the step\n%+v", after, before)
	}
	if got := events(); got != "u" {
		t.Errorf("events %q, want u", got)
	}
	r.service.Command("k")
	r.poll("a death", func() bool { return r.service.Status().Pid != before.Pid })
	age := time.Now().Add(step).Sub(r.service.Status().Stamp.Round(0))
	if age < -time.Minute || age > time.Minute {
		t.Errorf("the stamp is %v off the wall clock", age)
	}
}

func stepBetweenRuns(t *testing.T, step time.Duration) {
	t.Helper()
	r := clocked(t, map[string]string{"run": "#!/bin/sh\necho $$ >>pids\ntest -e stay && exec sleep 3600\n", "down": ""})
	r.service.Command("u")
	r.poll("a death", func() bool { st := r.service.Status(); return st.Wait != 0 && st.Pid == 0 })
	died := time.Now()
	r.setClock(step)
	if err := os.WriteFile(r.path+"/stay", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r.service.Command("p") // nothing lives, but the timers are looked at
	r.wait(Up)
	if pause := time.Since(died); pause < 800*time.Millisecond {
		t.Errorf("restart after %v, want a second at least", pause)
	}
}

func stepDuringFinish(t *testing.T, step time.Duration) {
	t.Helper()
	r := clocked(t, map[string]string{
		"run":            sleeper,
		"finish":         "#!/bin/sh\necho >finishing\ntest -e hang && exec sleep 3600\nuntil test -e go; do sleep 0.01; done\n",
		"timeout-finish": "20000\n",
	})
	r.wait(Up)
	r.service.Command("d")
	r.poll("finish", func() bool { return r.read("finishing") != "" })
	r.setClock(step)
	r.turnFinishing()
	if err := os.WriteFile(r.path+"/go", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r.wait(DownReady)
	if strings.Contains(r.said(), "finish takes too long") {
		t.Errorf("finish was killed early:\n%s", r.said())
	}
	// And a finish that hangs is killed in time.
	for name, text := range map[string]string{"hang": "", "timeout-finish": "300\n"} {
		if err := os.WriteFile(r.path+"/"+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(r.path + "/finishing"); err != nil {
		t.Fatal(err)
	}
	r.service.Command("u")
	r.wait(Up)
	r.service.Command("d")
	r.setClock(0)
	r.poll("finish", func() bool { return r.read("finishing") != "" })
	r.wait(DownReady)
}

// turnFinishing is turn while finish runs, when signals do nothing: the want is written.
func (r *rig) turnFinishing() {
	r.Helper()
	for _, letter := range []string{"u", "d"} {
		r.service.Command(letter)
		r.poll("a turn", func() bool { return r.service.Status().WantUp == (letter == "u") })
	}
}

func stepBeforeKill(t *testing.T, step time.Duration) {
	t.Helper()
	r := clocked(t, map[string]string{
		"run":          "#!/bin/sh\ntrap '' TERM\necho >trapped\nwhile :; do sleep 0.05; done\n",
		"timeout-kill": "20000\n",
	})
	r.poll("the trap", func() bool { return r.read("trapped") != "" })
	r.service.Command("d")
	r.poll("stopped", func() bool { return !r.service.Status().WantUp })
	before := r.service.Status()
	r.setClock(step)
	r.turn()
	if after := r.service.Status(); after.Pid != before.Pid {
		t.Errorf("killed %v early", 20*time.Second)
	}
	if err := os.WriteFile(r.path+"/timeout-kill", []byte("200\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r.service.Command("d") // the new limit counts from now
	r.setClock(-step)
	r.wait(DownReady)
}
