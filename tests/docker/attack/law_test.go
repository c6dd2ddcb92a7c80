//go:build docker

package attack

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/rig/syscalls"
	"caduceus/tests/docker/harness"
	"caduceus/tests/mutant"
)

// looks are calls that open, make, change and remove nothing.
var looks = []string{
	"stat", "lstat", "fstat", "newfstatat", "statx", "statfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
	"getxattr", "lgetxattr", "clone", "clone3", "fork", "vfork", "exit", "exit_group", "wait4", "waitid", "kill", "tgkill",
}

// exception is what root may do all the same.
type exception struct {
	program string // begins with it
	call    func(syscalls.Call) bool
	why     string
}

// exceptions to the law. Whoever adds one says why nothing that hermes finds or makes there can lead it elsewhere.
var exceptions = []exception{
	{"/opt/hermes/bin/hermes container setup", handle, "setup looks at the volume by O_PATH and without following a link: nothing is opened by that"},
	{"/opt/hermes/bin/hermes container setup", list, "setup lists a directory of the volume that it holds: no name is looked up for that"},
	{"/opt/hermes/bin/hermes container setup", volumeLock, "setup locks a file of root's in the volume that it holds: another one in its place is replaced, and not written to"},
	{"/opt/hermes/bin/hermes container hold", volumeLock, "the holder of the volume locks the same file, and writes to one of root's alone"},
	{"/opt/hermes/bin/hermes container setup", byDescriptor, "setup gives hermes its volume: what the descriptor stands for was looked at through that descriptor"},
	{"/opt/hermes/bin/hermes container setup", memory, "setup reads one file of the volume that it holds, and believes it only if it is root's; the one that it makes is new"},
}

// quoted is the first name in a call.
var quoted = regexp.MustCompile(`"([^"]*)"`)

// handle opens nothing and follows no link: of a path below a descriptor, or of one name in it.
func handle(c syscalls.Call) bool {
	name := quoted.FindStringSubmatch(c.Line)
	switch {
	case !strings.Contains(c.Line, "O_PATH") || strings.Contains(c.Line, "AT_FDCWD") || name == nil:
		return false
	case c.Name == "openat2":
		return strings.Contains(c.Line, "RESOLVE_NO_SYMLINKS")
	default:
		return c.Name == "openat" && strings.Contains(c.Line, "O_NOFOLLOW") && !strings.Contains(name[1], "/")
	}
}

// list opens what a descriptor stands for, a directory, to read it.
func list(c syscalls.Call) bool {
	return c.Name == "openat" && strings.Contains(c.Line, `>, ".", O_RDONLY|`) && strings.Contains(c.Line, "O_DIRECTORY") && !strings.Contains(c.Line, "AT_FDCWD")
}

// volumeLock opens, makes or replaces the lock of the volume, below a descriptor and without following a link.
func volumeLock(c syscalls.Call) bool {
	if c.Name == "fchmod" || c.Name == "ftruncate" { // of what it has open, by its number
		return strings.Contains(c.Line, "/.container.lock")
	}
	name := quoted.FindStringSubmatch(c.Line)
	if name == nil || !strings.HasPrefix(name[1], ".container.lock") || strings.Contains(c.Line, "AT_FDCWD") {
		return false
	}
	switch c.Name {
	case "openat2":
		return strings.Contains(c.Line, "RESOLVE_NO_SYMLINKS")
	case "openat":
		return strings.Contains(c.Line, "O_NOFOLLOW")
	}
	return c.Name == "renameat" || c.Name == "unlinkat"
}

// byDescriptor changes owner or mode of what a descriptor stands for, wherever it lies now.
func byDescriptor(c syscalls.Call) bool {
	return (c.Name == "fchownat" || c.Name == "fchmodat2") && strings.Contains(c.Line, `"", `) && strings.Contains(c.Line, "AT_EMPTY_PATH")
}

// memory reads, or makes and renames, the file in which a boot remembers the ids of hermes: by its name in the directory that
// is held, without following a link.
func memory(c syscalls.Call) bool {
	if !strings.Contains(c.Line, "/.container-ids.") && !strings.Contains(c.Line, `".container-ids`) || strings.Contains(c.Line, "AT_FDCWD") {
		return false
	}
	switch c.Name {
	case "openat", "openat2":
		return strings.Contains(c.Line, "O_NOFOLLOW") || strings.Contains(c.Line, "RESOLVE_NO_SYMLINKS")
	default:
		return slices.Contains([]string{"renameat", "renameat2", "unlinkat", "fchmod"}, c.Name)
	}
}

// law knows what hermes can write to at a moment of the life.
type law struct {
	hermes []string // directories
	given  int
}

// learn notes what root gives to hermes: from then on it is a place of hermes'.
func (l *law) learn(c syscalls.Call) {
	if c.Name == "fchownat" && strings.Contains(c.Line, ", 10000, ") && !c.Failed {
		for _, p := range c.Paths() {
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
func (l *law) breaks(c syscalls.Call) string {
	if slices.Contains(looks, c.Name) {
		return ""
	}
	for _, p := range c.Paths() {
		if l.below(p) == "" {
			continue
		}
		for _, e := range exceptions {
			if strings.HasPrefix(c.Program, e.program) && e.call(c) {
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
	for _, c := range attack(t, "SUP-117").breachesOfALife("") {
		t.Errorf("root works below a directory of hermes: %s\n\tin %s", c.Line, c.Program)
	}
}

// Root that does it is seen, in PID 1 and in both boot scripts, whichever way it does it.
func TestTheLawSeesEachWayToBreakIt(t *testing.T) {
	a := attack(t, "SUP-117")
	mutants, err := mutant.NewBuilder("../../..", t.TempDir())
	a.Must(err)
	tested, err := docker.InspectImage(a.Ctx, docker.Image())
	a.Must(err)
	front, err := mutants.Build(a.Ctx, mutant.Program{Package: "./cmd/hermes", Arch: tested.Architecture, Edits: frontThatTrespasses})
	a.Must(err)
	pid1, err := mutants.Build(a.Ctx, mutant.Program{Package: "./cmd/hermes-init", Arch: tested.Architecture, Edits: initThatTrespasses})
	a.Must(err)
	image, err := a.Subject.Derive(a.Ctx, "COPY --chown=root:root hermes /opt/hermes/bin/hermes\nCOPY --chown=root:root init /init",
		harness.File{Path: "hermes", Mode: 0o755, Content: a.content(front)}, harness.File{Path: "init", Mode: 0o755, Content: a.content(pid1)})
	a.Must(err)
	seen := map[string]bool{}
	for _, c := range a.breachesOfALife(image) {
		for _, p := range c.Paths() {
			if kind, is := strings.CutPrefix(path.Base(p), "m-"); is {
				seen[kind+" by "+c.Program] = true
			}
		}
	}
	for _, program := range []string{"/init", "/opt/hermes/bin/hermes container setup", "/opt/hermes/bin/hermes container reconcile"} {
		for _, kind := range mutant.Kinds() {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(s string) bool { return strings.HasPrefix(s, kind+" by "+program) }) {
				t.Errorf("%s by %s is not seen", kind, program)
			}
		}
	}
}

// Edits that make root touch what hermes may write to.
var (
	initThatTrespasses = []mutant.Edit{
		{File: "internal/pid1/boot/trespass.go", New: mutant.Trespass("boot")},
		{File: "internal/pid1/boot/cmd.go", Old: "\targv := slices.Concat(", New: "\ttrespass(\"/run/service\")\n\targv := slices.Concat("},
	}
	frontThatTrespasses = []mutant.Edit{
		{File: "internal/front/cli/trespass.go", New: mutant.Trespass("cli")},
		{
			File: "internal/front/cli/container_setup.go", Old: "return ended(setup.Run(cmd.Context(), a.setupEnv()))",
			New: "err := setup.Run(cmd.Context(), a.setupEnv())\n\t\ttrespass(\"/opt/data\")\n\t\treturn ended(err)",
		},
		{
			File: "internal/front/cli/container_reconcile.go", Old: "\t\tif err := a.Drop(account)",
			New: "\t\ttrespass(\"/run/service\")\n\t\tif err := a.Drop(account)",
		},
	}
)

// breachesOfALife are the calls of root that break the law in a life of a container of an image: a boot on a used volume with
// things to mend, slots made and deleted by hermes, the restart of a gateway, the death of hermes' supervisor, the stop.
func (a *target) breachesOfALife(image string) []syscalls.Call {
	a.Helper()
	b := a.start(heldBack(harness.Spec{
		Image: image,
		Cmd:   []string{"sh", "-c", "exec sleep infinity"},
		Files: []harness.File{
			(harness.File{Path: "/opt/data", Dir: true}).Hermes(),
			{Path: "/opt/data/sessions", Dir: true},
			{Path: "/opt/data/sessions/roots", Content: "x"},
			(harness.File{Path: "/opt/data/.env", Content: "A=1\n"}).Hermes(),
			{Path: "/opt/data/link", Link: "/etc"},
			{Path: "/opt/data/.container-ids", Content: "no memory"},
		},
	}))
	text := b.strace("-e", "trace=%file,%creds,%process,bind,fchown,fchmod,ftruncate,fsetxattr,?fchmodat2", "-e", "signal=none", "-s", "300")
	b.letGo()
	_, err := b.WaitProcess(b.Ctx, `^sleep infinity$`, 0, bootLimit)
	b.Must(err)
	b.wants(hermes, slots+`set -e
		hermes profile create work; hermes -p work gateway start; /command/s6-svwait -u -t 30000 /run/service/gateway-work
		hermes -p work gateway restart; hermes -p work gateway stop; hermes profile delete work --yes
		make own "exec sleep 1000"; link /etc linked; scan; up own; rm -rf /run/service/own; scan`, 0)
	b.as(root, `kill -KILL $(`+supervisor+`); sleep 1`)
	b.stops("2, by law")
	l := &law{hermes: []string{"/opt/data", "/tmp", "/var/tmp", "/dev/shm"}}
	setups, all := 0, 0
	var breaches []syscalls.Call
	trace := text()
	for _, c := range syscalls.Read(trace) {
		if !c.Root {
			continue
		}
		if p := l.breaks(c); p != "" && !strings.Contains(c.Line, `"/tmp/go"`) {
			breaches = append(breaches, c)
		}
		l.learn(c)
		all++
		if strings.HasPrefix(c.Program, "/opt/hermes/bin/hermes container setup") {
			setups++
		}
	}
	if all < 500 || setups < 50 || l.given < 3 {
		a.Errorf("too little was seen: %d calls of root, %d of setup, %d things that hermes was given", all, setups, l.given)
		a.Must(os.WriteFile(filepath.Join(a.ArtifactDir(), "trace.txt"), []byte(trace), 0o600))
	}
	a.Logf("%d calls of root, %d of setup; hermes was given %v", all, setups, l.hermes)
	return breaches
}
