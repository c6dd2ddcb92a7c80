package boot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/held"
	"caduceus/internal/pid1/services"
	"caduceus/internal/s6"
)

// Paths below /run that /init makes for itself.
const (
	runDir  = "/run"
	binDir  = "/run/s6/basedir/bin"
	workDir = "/run/s6/workdir"
)

// prepareRun makes a clean /run with what the steps after it need.
func (b *boot) prepareRun() error {
	return inOrder(b.checkRun, b.clearRun, b.makeSkeleton, b.openTranscript, b.writeRecord, b.writeCommand, b.makeEnvironment)
}

// runFacts is what decides whether /run can be used as it is.
type runFacts struct {
	euid, owner        int
	mode               fs.FileMode
	writable           bool
	allowWorldWritable bool
}

// verdict on /run.
type verdict uint8

const (
	fine verdict = iota
	takeRun
	mountRun
	refuseWorldWritable
)

// judgeRun decides what is to be done about /run.
//
// spec: SUP-60
func judgeRun(f runFacts) verdict {
	const worldWritable, othersWritable = 0o002, 0o022
	switch {
	case f.euid == 0 && (f.owner != 0 || f.mode&othersWritable != 0):
		return takeRun
	case !f.writable:
		return mountRun
	case f.euid != 0 && f.mode&worldWritable != 0 && f.mode&fs.ModeSticky == 0 && !f.allowWorldWritable:
		return refuseWorldWritable
	}
	return fine
}

func (b *boot) checkRun() error {
	const dir = runDir
	switch judgeRun(b.runFacts(dir)) {
	case takeRun:
		var err error
		if b.runFacts(dir).owner != 0 {
			err = os.Chown(dir, 0, 0)
		}
		if err == nil {
			err = os.Chmod(dir, 0o755)
		}
		if err != nil {
			b.Warnf("cannot make %q root's own: %s", dir, missingCapability(err, "CHOWN"))
		}
		if !writable(dir) {
			return b.mountRun(dir)
		}
	case mountRun:
		return b.mountRun(dir)
	case refuseWorldWritable:
		return refusal{fmt.Errorf("cannot use %q: any user may replace what is in it; start with --tmpfs %s:mode=1777, or set %s=1",
			dir, dir, env.WorldWritableRun)}
	}
	return nil
}

func (b *boot) runFacts(dir string) runFacts {
	f := runFacts{euid: os.Geteuid(), writable: writable(dir), allowWorldWritable: b.Settings.Start.WorldWritable}
	f.owner = f.euid
	if info, err := os.Stat(dir); err == nil {
		f.owner = int(info.Sys().(*syscall.Stat_t).Uid)
		f.mode = info.Mode()
	}
	return f
}

// writable asks for the real ids: /init is never setuid, and older seccomp profiles do not know the
// call that asks for the effective ones.
func writable(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }

// mountRun is the last resort for a /run that nothing can be written to.
//
// contract: RUN-09
func (b *boot) mountRun(dir string) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755"); err != nil {
		return refusal{fmt.Errorf("cannot write to %q as uid %d; start with --tmpfs %s or another writable mount there", dir, os.Geteuid(), dir)}
	}
	b.Infof("%q was not writable: mounted a tmpfs on it", dir)
	return nil
}

// staleDir is where clearRun puts aside what an earlier start left, before it removes it.
const staleDir = ".s6-stale"

// clearRun puts aside what an earlier start of the container left, and removes it: nothing that lies there, as hermes
// may have left it, keeps a start from going on. Another init that is alive there must keep it.
//
// contract: BOOT-03
func (b *boot) clearRun() error {
	own := b.Services.Dir()
	if alive, err := s6.Scanned(own); err == nil && alive {
		return refusal{fmt.Errorf("cannot use %q: another init supervises it; only one runs in a container", own)}
	}
	run, err := held.Open(runDir, held.RefuseLinks)
	if err != nil {
		return err
	}
	if err := putAllAside(run); err != nil {
		return errors.Join(err, run.Close())
	}
	b.removeStale(run)
	return b.linkVarRun()
}

// putAllAside moves what an earlier start left out of the way.
func putAllAside(run *held.Dir) error {
	stale, _ := filepath.Glob("/run/s6-rc*") // the pattern is well-formed
	for i, path := range append(stale, "/run/s6", services.Scandir, "/run/uncaught-logs") {
		aside := fmt.Sprintf("%s/%d-%d", staleDir, time.Now().UnixNano(), i)
		if err := putAside(run, filepath.Base(path), aside); err != nil {
			return refusal{fmt.Errorf("cannot clear %q as uid %d: %w; start with an empty /run (--tmpfs /run)", path, os.Geteuid(), err)}
		}
	}
	return nil
}

// removeLimit is how long the boot waits for the removal of what was put aside.
const removeLimit = time.Second

// removeStale removes what was put aside, and closes run. What takes longer goes on beside the boot: how much
// hermes has left is no reason to start late.
func (b *boot) removeStale(run *held.Dir) {
	removed := make(chan struct{})
	go func() {
		defer close(removed)
		if err := errors.Join(removeAllIn(run, staleDir), run.Close()); err != nil {
			b.Warnf("cannot remove what an earlier start left: %v", err)
		}
	}()
	select {
	case <-removed:
	case <-time.After(removeLimit):
		b.Infof("an earlier start left much below %q; it is removed while the boot goes on", runDir)
	}
}

// removeAllIn removes a directory. What a removal that was cut short leaves lies in that directory, for the next start.
func removeAllIn(parent *held.Dir, name string) error {
	dir, err := parent.Dir(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // nothing was written through it
	var names []string
	err = dir.EachName(func(name string) { names = append(names, name) })
	for _, name := range names {
		err = errors.Join(err, dir.RemoveAll(name))
	}
	return errors.Join(err, parent.RemoveAll(name))
}

// putAside moves an entry out of the way; one that is not there is no error.
func putAside(dir *held.Dir, name, aside string) error {
	if _, err := dir.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := dir.MakeDir(staleDir, 0o700); err != nil {
		return err
	}
	return dir.Rename(name, aside)
}

// linkVarRun makes /var/run lead to /run where an image broke that.
func (b *boot) linkVarRun() error {
	const link = "/var/run"
	if info, err := os.Stat(link); err == nil {
		if run, err := os.Stat(runDir); err == nil && os.SameFile(info, run) {
			return nil
		}
	}
	err := os.Remove(link) // a directory with something in it is not removed
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = os.Symlink("/run", link)
	}
	if err != nil {
		b.Warnf("cannot make %q lead to /run: %v", link, err)
	}
	return nil
}

// makeSkeleton makes the directories that programs written for s6-overlay look for.
//
// spec: SUP-61
func (b *boot) makeSkeleton() error {
	for _, dir := range []string{binDir, workDir, services.Scandir, b.Services.Dir() + "/" + s6.SvscanDir, "/run/s6-linux-init-container-results"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("cannot make %q: %w", dir, err)
		}
	}
	for _, name := range []string{"halt", "poweroff", "reboot", "shutdown"} {
		if err := os.Symlink("/init", filepath.Join(binDir, name)); err != nil {
			return fmt.Errorf("cannot link %q: %w", name, err)
		}
	}
	b.exit(0)
	if err := os.Chdir(workDir); err != nil {
		return fmt.Errorf("cannot enter %q: %w", workDir, err)
	}
	return nil
}

// writeCommand writes the words of CMD, as /init was given them, to where the boot scripts read them.
//
// spec: SUP-61
func (b *boot) writeCommand() error {
	if err := env.WriteCommand(env.CommandFile, b.args); err != nil {
		return fmt.Errorf("cannot write the words of CMD: %w", err)
	}
	return nil
}

// makeEnvironment writes the environment directory, and the mark by which the agent knows that it
// is in a container where the engine left none.
//
// spec: SUP-62
func (b *boot) makeEnvironment() error {
	if !exists("/.dockerenv") && !exists("/run/.containerenv") {
		if err := os.WriteFile("/run/.containerenv", nil, 0o644); err != nil {
			b.Warnf("cannot mark the container: %v", err)
		}
	}
	if b.Settings.Start.KeepEnv {
		return nil
	}
	left, err := env.Write(env.Dir, b.environ)
	for _, name := range left {
		b.Warnf("variable %q is not passed on: it cannot name a file", name)
	}
	return err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// openScandir locks and opens the scandir: from here on services can be supervised.
func (b *boot) openScandir() error {
	err := b.Services.Open(b.Stop.Aborted(), b.signals.obey)
	if errors.Is(err, services.ErrBusy) {
		return refusal{err}
	}
	return err
}
