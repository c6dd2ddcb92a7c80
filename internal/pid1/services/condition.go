package services

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Conditions are what each service but the loggers does at this moment, and why, by name.
//
// spec: SUP-68
func (s *Services) Conditions() []string {
	var out []string
	for _, name := range s.Names() {
		if !strings.HasSuffix(name, "/log") {
			out = append(out, name+" "+s.condition(name))
		}
	}
	return out
}

// condition is what a service does, and why. The words of a failure come first, then those of its
// supervisor.
func (s *Services) condition(name string) string {
	s.mu.Lock()
	failure := s.failures[name]
	s.mu.Unlock()
	service := s.service(name)
	switch {
	case failure != nil:
		return fmt.Sprintf("down: %v", failure)
	case service == nil:
		return "down: its supervisor has ended"
	}
	word, why := service.Condition()
	if why == "" {
		why = s.cause(name).why(word != "down")
	}
	return word + ": " + why
}

// cause is what decides over a service unless a command does.
type cause struct {
	defined  bool   // below s6-rc.d, not in services.d or by a script
	bundle   string // the one that starts it; "": none
	downFile bool
}

func (s *Services) cause(name string) cause {
	c := cause{defined: s.plan.Unit(name).Name != "", downFile: exists(filepath.Join(Scandir, name, "down"))}
	for _, bundle := range []string{"user2", "user"} {
		if slices.Contains(s.plan.Closure(bundle), name) {
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
