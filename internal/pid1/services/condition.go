package services

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/s6"
)

// Conditions are what each service but the loggers does at this moment, and why, by name.
//
// spec: SUP-68
func (s *Services) Conditions() []string {
	all := s.userConditions()
	for _, name := range s.Names() {
		if !strings.HasSuffix(name, "/"+s6.LogDir) {
			all[name] = s.condition(name)
		}
	}
	s.mu.Lock()
	for name, failure := range s.failures {
		if _, supervised := all[name]; supervised {
			all[name] = fmt.Sprintf("down: %v", failure)
		}
	}
	s.mu.Unlock()
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, name+" "+all[name])
	}
	return out
}

// condition is what a service of this process does, and why, in the words of its supervisor.
func (s *Services) condition(name string) string {
	service := s.service(name)
	if service == nil {
		return "down: its supervisor has ended"
	}
	word, why := service.Condition()
	if why == "" {
		why = s.cause(name, exists(filepath.Join(s.dir, name, s6.DownFile))).why(word != "down")
	}
	return word + ": " + why
}

// cause is what decides over a service unless a command does.
type cause struct {
	defined  bool   // below s6-rc.d, not in services.d or by a script
	bundle   string // the one that starts it; "": none
	downFile bool
	unset    string // the variable that it is for, which the container lacks
}

func (s *Services) cause(name string, downFile bool) cause {
	unit := s.plan.Unit(name)
	c := cause{defined: unit.Name != "", downFile: downFile}
	if s.unset(unit) {
		c.unset = unit.StartIfSet
	}
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
	case !up && c.unset != "":
		return c.unset + " is not set"
	case !up && c.defined && c.bundle == "":
		return "in no bundle"
	case !up && !c.defined && c.downFile:
		return "has a down file"
	case up && !c.defined && !c.downFile:
		return "no down file"
	}
	return "by command"
}
