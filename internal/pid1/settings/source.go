package settings

import (
	"os"
	"path/filepath"
	"sync/atomic"

	"caduceus/internal/env"
	"caduceus/internal/pid1/log"
)

// profiles is where the directories lie that S6_RUNTIME_PROFILE can put in the place of /etc.
const profiles = "/etc/cont-profile.d"

// Source has the settings of one container.
type Source struct {
	// Start is what they were when /init started.
	Start Settings

	quiet bool
	log   *log.Once
	level func(log.Level) // of the log
	ran   atomic.Bool
}

// NewSource is the source whose settings were start; quiet holds for those to come, too. level gets the verbosity.
func NewSource(start Settings, quiet bool, once *log.Once, level func(log.Level)) *Source {
	return &Source{Start: start, quiet: quiet, log: once, level: level}
}

// ProgramsRun notes that programs run, which may change the files of the environment.
func (s *Source) ProgramsRun() { s.ran.Store(true) }

// Verbosity is that of now.
func (s *Source) Verbosity() log.Level { return s.Now().Verbosity }

// Now returns the settings as they are now. Until the first program runs, the files hold what /init wrote.
func (s *Source) Now() Settings {
	if s.Start.KeepEnv || !s.ran.Load() {
		return s.Start
	}
	vars, err := env.Read(env.Dir, "S6_")
	if err != nil {
		s.log.Warnf("%v", err)
	}
	environ := env.Apply(nil, vars)
	now, warnings := Read(environ)
	for _, w := range warnings {
		s.log.Warnf("%s", w)
	}
	now = s.Start.latch(now)
	if s.quiet {
		now = now.Quieted(environ)
	}
	s.level(now.Verbosity)
	return now
}

// Etc is the path of a definition: below /etc, or below what S6_RUNTIME_PROFILE has in its place. A
// profile that is not there would boot a container without users, volume and services: /etc is used.
//
// contract: ENV-11
func (s *Source) Etc(path string) string {
	profile := s.Now().Profile
	if profile == "" {
		return filepath.Join("/etc", path)
	}
	dir := filepath.Join(profiles, profile)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		s.log.Warnf("%s is %s, not a directory of %s: /etc is used", env.RuntimeProfile, env.Shown(profile), profiles)
		return filepath.Join("/etc", path)
	}
	return filepath.Join(dir, path)
}
