//go:build docker

package attack

import (
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// racer tries, until it is told to end, all that a process may do to another one on each process that has a uid of root when
// it begins and when it has done so: also on those that are about to give root up. Of processes of hermes it looks for what
// they were left: descriptors that hermes could not open. It prints what it reached, once.
const racer = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
class iovec(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]
me, said, looks, pids = os.getpid(), set(), 0, set()
def say(*words):
    if words not in said: said.add(words); print(*words, flush=True)
def text(path):
    try: return open(path).read().replace("\0", " ")
    except OSError: return ""
def rooted(pid):
    return any(l.startswith("Uid:") and "0" in l.split() for l in text("/proc/%d/status" % pid).splitlines())
def call(*args):
    if libc.syscall(*args) < 0: raise OSError(ctypes.get_errno(), "")
def content(path):
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not os.read(fd, 1): raise OSError # it has ended
    finally: os.close(fd)
def writable(path): os.close(os.open(path, os.O_WRONLY))
def vm(number, pid):
    b = ctypes.create_string_buffer(8); here, there = iovec(ctypes.addressof(b), 8), iovec(0x400000, 8)
    call(number, pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
def getfd(pid):
    h = os.pidfd_open(pid)
    try: call(438, h, 0, 0)
    finally: os.close(h)
def ways(pid):
    p = "/proc/%d/" % pid
    for f in "environ", "maps", "smaps", "auxv", "mem", "io", "syscall", "stack", "pagemap", "personality": yield f, lambda: content(p + f)
    for f in "fd", "ns", "map_files", "fdinfo": yield f, lambda: os.listdir(p + f)
    for f in "cwd", "root", "exe", "ns/mnt", "fd/0", "fd/3": yield f, lambda: os.readlink(p + f)
    for f in "root/etc", "cwd/.": yield f, lambda: os.stat(p + f)
    for f in "oom_score_adj", "oom_adj", "comm", "clear_refs", "coredump_filter", "autogroup", "uid_map", "setgroups": yield "write " + f, lambda: writable(p + f)
    yield "ptrace", lambda: call(101, 0x4206, pid, 0, 0)
    yield "process_vm_readv", lambda: vm(310, pid)
    yield "process_vm_writev", lambda: vm(311, pid)
    yield "pidfd_getfd", lambda: getfd(pid)
    yield "prlimit", lambda: call(302, pid, 7, ctypes.create_string_buffer(16), None)
    yield "signal", lambda: call(62, pid, 18)
    yield "priority", lambda: call(141, 0, pid, 19)
    yield "affinity", lambda: os.sched_setaffinity(pid, {0})
    yield "group", lambda: os.setpgid(pid, me)
    yield "kcmp", lambda: call(312, me, pid, 0, 0, 0)
    yield "migrate_pages", lambda: call(256, pid, 8, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8))
    yield "futexes", lambda: call(274, pid, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8))
def reach(pid):
    for name, way in ways(pid):
        if not rooted(pid): return
        try: way()
        except OSError: continue
        if rooted(pid): say("reached", name, "of", text("/proc/%d/cmdline" % pid))
def left(pid):
    for fd in os.listdir("/proc/%d/fd" % pid):
        name, info = "/proc/%d/fd/%s" % (pid, fd), text("/proc/%d/fdinfo/%s" % (pid, fd))
        to = os.readlink(name)
        streams = int(fd) < 3 or fd == "4" and to.startswith("pipe:") and text("/proc/%d/cmdline" % pid).startswith("s6-svscan-user")
        if not info or streams or to.startswith(("socket:", "anon_inode:")): continue
        flags = int(info.split("flags:")[1].split()[0], 8) & (os.O_ACCMODE | os.O_PATH | os.O_DIRECTORY)
        for _ in range(3): # it may have been ending
            try: os.close(os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY)); break
            except PermissionError: os.stat(name)
        else: say("left", to, "to", text("/proc/%d/cmdline" % pid))
while not os.path.exists("/tmp/enough"):
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if pid == me: continue
            if rooted(pid): looks += 1; pids.add(pid); reach(pid)
            else: left(pid)
        except (OSError, ValueError, IndexError): pass
print("looked", looks, "times at", len(pids), "processes of root", flush=True)
`

// planted is what the racer has to find: raced leaves it.
const planted = "left /etc/shadow to sleep 4242"

// raced are files with which the racer runs, as hermes, from before setup on, and services of root come and go.
func raced() []harness.File {
	return []harness.File{
		{Path: "/etc/cont-init.d/00-race", Content: `#!/bin/sh
as="setsid setpriv --reuid 10000 --regid 10000 --clear-groups"
$as python3 /tmp/racer.py >>/tmp/reached 2>&1 &
$as sleep 4242 5</etc/shadow &
sleep 0.5
`, Mode: 0o755},
		{Path: "/tmp/racer.py", Content: racer},
		{Path: "/tmp/reached", Mode: 0o666},
		{Path: "/etc/services.d/comes", Dir: true},
		{Path: "/etc/services.d/comes/run", Content: "#!/bin/sh\nsleep 0.1\n", Mode: 0o755},
		{Path: "/etc/services.d/comes/restart-max", Content: "0"},
		{Path: "/etc/services.d/piped", Dir: true},
		{Path: "/etc/services.d/piped/run", Content: "#!/bin/sh\nexec 2>&1\nsleep 1\n", Mode: 0o755},
		{Path: "/etc/services.d/piped/output-prefix", Content: "piped: "},
	}
}

// Boot, services, the drop of CMD, of gateways and of what root executes, and the helper of apt, are raced by what hermes may
// do to other processes. What falls here is memory, descriptors or names of root's. 4d7cf79c: it holds.
func TestNoProcessOfRootsIsReachedWhileItComesAndGoes(t *testing.T) {
	b := attack(t, "RUN-11", "SUP-117").start(harness.Spec{
		Cmd: []string{"gateway", "run"}, Env: map[string]string{"HERMES_ALLOW_APT": "1", "HERMES_DASHBOARD": "1"}, Files: raced(),
		Host: func(h *container.HostConfig) { h.SecurityOpt = []string{"seccomp=unconfined"} },
	})
	_, err := b.WaitProcess(b.Ctx, `hermes gateway run --replace`, 0, bootLimit)
	b.Must(err)
	for range 3 {
		for _, words := range []string{"hermes gateway restart", "hermes container doctor", "/command/hermes-health", "hermes profile list", "hermes container main id"} {
			b.as(root, words)
		}
		b.try(`kill -9 $(` + supervisor + `); sleep 1`)
	}
	b.wants(hermes, "touch /tmp/enough", 0)
	_, err = b.WaitSh(b.Ctx, "the racer's end", "grep -q '^looked' /tmp/reached", waitLimit)
	b.Must(err)
	reached := b.run(root, "cat /tmp/reached")
	t.Log(reached)
	if lines := strings.Split(strings.TrimSpace(reached), "\n"); len(lines) != 2 || strings.TrimSpace(lines[0]) != planted {
		t.Errorf("attack by a race: hermes reached something of root's:\n%s", reached)
	}
	b.stops("by a race")
}
