package boot

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// explain is the closing line of the boot: how long each step took, and what each service does at
// that moment, and why.
//
// spec: SUP-68
func (m *machine) explain() {
	if m.stopping() {
		return
	}
	var total time.Duration
	var steps []string
	for _, t := range m.timings {
		total += t.took
		if t.took >= time.Millisecond {
			steps = append(steps, fmt.Sprintf("%s %d ms", t.step, t.took.Milliseconds()))
		}
	}
	parts := []string{fmt.Sprintf("version %s booted in %d ms", m.version, total.Milliseconds())}
	if len(steps) > 0 {
		parts[0] += " (" + strings.Join(steps, ", ") + ")"
	}
	for _, name := range m.scandir.Load().Names() {
		if !strings.HasSuffix(name, "/log") {
			parts = append(parts, name+" "+m.condition(name))
		}
	}
	m.log.Logger("init").Infof("%s", strings.Join(parts, "; "))
}

// condition says what a service does, and why. The words of a failure come first, then those of
// its supervisor.
func (m *machine) condition(name string) string {
	m.mu.Lock()
	failure := m.failures[name]
	m.mu.Unlock()
	service := m.scandir.Load().Service(name)
	switch {
	case failure != nil:
		return fmt.Sprintf("down: %v", failure)
	case service == nil:
		return "down: its supervisor has ended"
	}
	word, why := service.Condition()
	if why == "" {
		why = m.cause(name).why(word != "down")
	}
	return word + ": " + why
}

// cause is what decides over a service unless a command does.
type cause struct {
	defined  bool   // below s6-rc.d, not in services.d or by a script
	bundle   string // the one that starts it; "": none
	downFile bool
}

func (m *machine) cause(name string) cause {
	c := cause{defined: m.plan.Unit(name).Name != "", downFile: exists(run("service/" + name + "/down"))}
	for _, bundle := range []string{"user2", "user"} {
		if slices.Contains(m.plan.Closure(bundle), name) {
			c.bundle = bundle
		}
	}
	return c
}

func (c cause) why(up bool) string {
	switch {
	case up && c.bundle != "":
		return "in " + c.bundle
	case !up && c.defined && c.bundle == "":
		return "in no bundle"
	case !up && !c.defined && c.downFile:
		return "has a down file"
	case up && !c.defined && !c.downFile:
		return "no down file"
	}
	return "by command"
}
