package measure

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/rig"
)

// Paths below the root of a setup. The programs are copies, so that each has a file of its own to be watched.
const (
	initFile    = "init"
	cmdFile     = "bench/cmd/sleep"
	serviceFile = "bench/service/sleep"
	releaseFile = "bench/release"
	servicesDir = "etc/services.d"
)

const forever = "100000" // seconds

// Load is what an init has to carry.
type Load struct {
	Services int
	Ready    bool // services notify readiness
	Orphans  int  // processes that CMD leaves to PID 1
}

// Setup is one init with one load, in a root directory of its own.
type Setup struct {
	root    rig.Root
	subject Subject
	load    Load

	realtime bool
}

// NewSetup furnishes dir, an empty directory. With realtime the init runs before all that has no
// such priority, so that other work on the host does not count.
func NewSetup(dir string, s Subject, load Load, realtime bool) (*Setup, error) {
	r := &Setup{subject: s, load: load, realtime: realtime}
	if s.Image != "" {
		// Links instead of copies: setups of one image only read what they share.
		if out, err := exec.Command("cp", "-al", s.Image+"/.", dir).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("cannot copy the root directory of %q: %w: %s", s.Name, err, out)
		}
	}
	sleep, err := r.furnish(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot furnish setup for %q: %w", s.Name, err)
	}
	for _, file := range []string{cmdFile, serviceFile} {
		if err := copyProgram(sleep, r.path(file)); err != nil {
			return nil, err
		}
	}
	if s.Image == "" {
		if err := copyProgram(s.Program, r.path(initFile)); err != nil {
			return nil, err
		}
	}
	for i := range load.Services {
		if err := r.service(fmt.Sprintf("s%03d", i), "exec /"+serviceFile+" "+forever); err != nil {
			return nil, err
		}
	}
	if s.Scandir { // what others have as CMD is one more service
		if err := r.service("cmd", r.cmdScript()); err != nil {
			return nil, err
		}
	}
	return r, r.write("bench/cmd.sh", r.cmdScript(), 0o755)
}

// furnish makes the root and returns the path of the program sleep in it.
func (r *Setup) furnish(dir string) (sleep string, err error) {
	if r.subject.Image == "" {
		r.root, err = rig.NewRoot(dir)
		return "/bin/sleep", err
	}
	if r.root, err = rig.Bare(dir); err != nil {
		return "", err
	}
	return resolve(dir, "/bin/sleep")
}

// resolve follows links below root as a process in it would.
func resolve(root, path string) (string, error) {
	for range 8 {
		target, err := os.Readlink(root + path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	_, err := os.Stat(root + path)
	return root + path, err
}

func (r *Setup) path(file string) string { return r.root.Path(file) }

func (r *Setup) write(file, body string, mode os.FileMode) error {
	path := r.path(file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), mode)
}

// service writes a service directory; one that notifies readiness does it at once.
func (r *Setup) service(name, body string) error {
	dir := servicesDir + "/" + name
	if r.load.Ready {
		if err := r.write(dir+"/run", "echo >&3; exec 3>&-; "+body, 0o755); err != nil {
			return err
		}
		return os.WriteFile(r.path(dir+"/notification-fd"), []byte("3\n"), 0o644)
	}
	return r.write(dir+"/run", body, 0o755)
}

// cmdScript returns the script of CMD. Where the init supervises nothing, the services are children of CMD.
func (r *Setup) cmdScript() string {
	script := ""
	if !r.subject.Supervises {
		script = strings.Repeat("/"+serviceFile+" "+forever+" & ", r.load.Services)
	}
	if r.load.Orphans > 0 {
		script += fmt.Sprintf("i=0; while [ $i -lt %d ]; do (read x </%s &); i=$((i+1)); done; ", r.load.Orphans, releaseFile)
	}
	return script + "exec /" + cmdFile + " " + forever
}

// argv returns the command line of the init. A CMD without a load is executed directly.
func (r *Setup) argv(cmd ...string) []string {
	switch {
	case r.subject.Scandir:
		return slices.Concat([]string{"/" + initFile}, r.subject.Args)
	case len(cmd) > 0:
	case r.load.Orphans > 0 || r.load.Services > 0 && !r.subject.Supervises:
		cmd = []string{"/bench/cmd.sh"}
	default:
		cmd = []string{"/" + cmdFile, forever}
	}
	return slices.Concat([]string{"/" + initFile}, r.subject.Args, cmd)
}

func copyProgram(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close() // the copy failed already
		return err
	}
	return out.Close()
}
