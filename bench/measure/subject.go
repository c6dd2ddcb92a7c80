package measure

import (
	"fmt"
	"os"
)

// Subject is an init to be measured.
type Subject struct {
	Name       string
	Program    string   // of the host, becomes /init of the setup
	Args       []string // between the program and CMD
	Supervises bool     // has services of its own
	Scandir    bool     // has no CMD, but a scandir, /run/service
	Image      string   // root directory of an image, with /init and /bin/sleep
	Parts      []string // all programs that it consists of, for their size
}

// Names of the subjects, as the figures have them.
const (
	Ours      = "/init"
	Tini      = "tini"
	DumbInit  = "dumb-init"
	S6        = "s6-svscan"
	S6Overlay = "s6-overlay"
)

// Subjects are our init, built at program, and those that Debian packages.
func Subjects(program string, lookPath func(string) (string, error)) ([]Subject, error) {
	subjects := []Subject{
		{Name: Ours, Program: program, Supervises: true, Parts: []string{program}},
		// -g and dumb-init's default send signals to the whole session of CMD: only so do they stop
		// the six processes that the others stop.
		{Name: Tini, Program: "tini", Args: []string{"-g", "--"}},
		{Name: DumbInit, Program: "dumb-init", Args: []string{"--"}},
		{Name: S6, Program: "s6-svscan", Args: []string{"/run/service"}, Supervises: true, Scandir: true, Parts: []string{"s6-supervise"}},
	}
	for i := range subjects {
		s := &subjects[i]
		if s.Name == Ours {
			continue
		}
		s.Parts = append(s.Parts, s.Program)
		for j, name := range s.Parts {
			path, err := lookPath(name)
			if err != nil {
				return nil, fmt.Errorf("cannot find init %q: %w", s.Name, err)
			}
			s.Parts[j] = path
		}
		s.Program = s.Parts[len(s.Parts)-1]
	}
	return subjects, nil
}

// Image is the init of an image whose root directory lies at root.
func Image(name, root string) Subject { return Subject{Name: name, Image: root, Supervises: true} }

// Size is what the programs of the subject take on disk, in bytes. It is 0 for an image.
func (s Subject) Size() (int64, error) {
	var sum int64
	for _, part := range s.Parts {
		info, err := os.Stat(part)
		if err != nil {
			return 0, err
		}
		sum += info.Size()
	}
	return sum, nil
}
