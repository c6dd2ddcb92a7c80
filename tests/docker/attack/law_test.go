//go:build docker

package attack

import (
	"slices"
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// looks are calls that open, make, change and remove nothing.
var looks = []string{
	"stat", "lstat", "fstat", "newfstatat", "statx", "statfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
	"getxattr", "lgetxattr", "clone", "clone3", "fork", "vfork", "exit", "exit_group", "wait4", "waitid", "kill", "tgkill",
}

// exception is what root may do all the same.
type exception struct {
	program string // begins with it
	call    func(systemCall) bool
	why     string
}

// exceptions to the law. Whoever adds one says why nothing that hermes finds or makes there can lead it elsewhere.
var exceptions = []exception{
	{"/opt/hermes/bin/hermes container setup", handle, "setup looks at the volume by O_PATH and without following a link: nothing is opened by that"},
	{"/opt/hermes/bin/hermes container setup", list, "setup lists a directory of the volume that it holds: no name is looked up for that"},
	{"/opt/hermes/bin/hermes container setup", byDescriptor, "setup gives hermes its volume: what the descriptor stands for was looked at through that descriptor"},
}

// handle opens nothing and follows no link: of a path below a descriptor, or of one name in it.
func handle(c systemCall) bool {
	name := quotedName.FindStringSubmatch(c.line)
	switch {
	case !strings.Contains(c.line, "O_PATH") || strings.Contains(c.line, "AT_FDCWD") || name == nil:
		return false
	case c.name == "openat2":
		return strings.Contains(c.line, "RESOLVE_NO_SYMLINKS")
	default:
		return c.name == "openat" && strings.Contains(c.line, "O_NOFOLLOW") && !strings.Contains(name[1], "/")
	}
}

// list opens what a descriptor stands for, a directory, to read it.
func list(c systemCall) bool {
	return c.name == "openat" && strings.Contains(c.line, `>, ".", O_RDONLY|`) && strings.Contains(c.line, "O_DIRECTORY") && !strings.Contains(c.line, "AT_FDCWD")
}

// byDescriptor changes owner or mode of what a descriptor stands for, wherever it lies now.
func byDescriptor(c systemCall) bool {
	return (c.name == "fchownat" || c.name == "fchmodat2") && strings.Contains(c.line, `"", `) && strings.Contains(c.line, "AT_EMPTY_PATH")
}

// law knows what hermes can write to at a moment of the life.
type law struct {
	hermes []string // directories
	given  int
}

// learn notes what root gives to hermes: from then on it is a place of hermes'.
func (l *law) learn(c systemCall) {
	if c.name == "fchownat" && strings.Contains(c.line, ", 10000, ") && !c.failed {
		for _, p := range c.paths() {
			if strings.HasPrefix(p, "/run/") && l.below(p) == "" && !slices.Contains(l.hermes, p) {
				l.hermes = append(l.hermes, p)
				l.given++
			}
		}
	}
}

// below is the directory of hermes below which a path leads, or "".
func (l *law) below(p string) string {
	for _, dir := range l.hermes {
		if strings.HasPrefix(p, dir+"/") {
			return dir
		}
	}
	return ""
}

// breaks is the path for which a call breaks the law, or "".
func (l *law) breaks(c systemCall) string {
	if slices.Contains(looks, c.name) {
		return ""
	}
	for _, p := range c.paths() {
		if l.below(p) == "" {
			continue
		}
		for _, e := range exceptions {
			if strings.HasPrefix(c.program, e.program) && e.call(c) {
				return ""
			}
		}
		return p
	}
	return ""
}

// No process of root, PID 1 and the boot scripts among them, opens, makes, changes or removes anything below a
// directory that hermes can write to, from the start of the container to its end. docker exec is not of the container's.
//
// 839b3f6: setup changes owners by name in the volume, and PID 1 makes event/ and supervise/ in the slots of hermes.
func TestRootTouchesNothingWhereHermesWrites(t *testing.T) {
	b := attack(t, "SUP-117").start(heldBack(harness.Spec{
		Cmd: []string{"sh", "-c", "exec sleep infinity"},
		Files: []harness.File{ // a used volume with things to mend
			(harness.File{Path: "/opt/data", Dir: true}).Hermes(),
			{Path: "/opt/data/sessions", Dir: true},
			{Path: "/opt/data/sessions/roots", Content: "x"},
			(harness.File{Path: "/opt/data/.env", Content: "A=1\n"}).Hermes(),
			{Path: "/opt/data/link", Link: "/etc"},
		},
	}))
	text := b.strace("-e", "trace=%file,%creds,%process,fchown,fchmod,ftruncate,fsetxattr,mount,?fchmodat2", "-e", "signal=none", "-s", "300")
	b.letGo()
	_, err := b.WaitProcess(b.ctx, `^sleep infinity$`, 0, bootLimit)
	b.must(err)
	b.wants(hermes, slots+`set -e
		hermes profile create work; hermes -p work gateway start; /command/s6-svwait -u -t 30000 /run/service/gateway-work
		hermes -p work gateway restart; hermes -p work gateway stop; hermes profile delete work --yes
		make own "exec sleep 1000"; link /etc linked; scan; up own; rm -rf /run/service/own; scan`, 0)
	b.as(root, `kill -KILL $(`+supervisor+`); sleep 1`)
	b.stops("2, by law")
	l := &law{hermes: []string{"/opt/data", "/tmp", "/var/tmp", "/dev/shm"}}
	setups, all := 0, rootsCalls(text())
	for _, c := range all {
		if p := l.breaks(c); p != "" && !strings.Contains(c.line, `"/tmp/go"`) {
			t.Errorf("root works below a directory of hermes, at %s: %s\n\tin %s", p, c.line, c.program)
		}
		l.learn(c)
		if strings.HasPrefix(c.program, "/opt/hermes/bin/hermes container setup") {
			setups++
		}
	}
	if len(all) < 500 || setups < 50 || l.given < 3 {
		t.Errorf("too little was seen: %d calls of root, %d of setup, %d things that hermes was given", len(all), setups, l.given)
	}
	t.Logf("%d calls of root, %d of setup; hermes was given %v", len(all), setups, l.hermes)
}
