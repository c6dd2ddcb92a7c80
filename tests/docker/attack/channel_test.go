//go:build docker

package attack

import (
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// unconfined leaves out the engine's filter of system calls, which may keep hermes from the channel's descriptor: a
// tracer gets at it all the same, with more words.
func unconfined(h *container.HostConfig) { h.SecurityOpt = []string{"seccomp=unconfined"} }

// thief takes the user's supervisor's end of the channel to PID 1 out of it, as any process of hermes may: the socket by
// which PID 1 asks, and the pipe by which it is answered.
const thief = `
import array, ctypes, os, select, socket, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def pid():
    return int(subprocess.run(["pgrep", "-o", "-u", "hermes", "-f", "^s6-svscan-user "], capture_output=True, text=True).stdout or 0)
def take(fd):
    while not pid(): time.sleep(0.02)
    got = libc.syscall(438, os.pidfd_open(pid()), fd, 0) # pidfd_getfd
    if got < 0: sys.exit("cannot take the channel: errno %d" % ctypes.get_errno())
    return got
class steal:
    def __init__(self): self.asked, self.answer = socket.socket(fileno=take(3)), take(4); os.set_blocking(self.answer, False)
    def fileno(self): return self.asked.fileno()
    def recv(self, n): return self.asked.recv(n)
    def send(self, m): os.write(self.answer, m)
def message(kind, id=0, number=0, limit=0, name=b"", text=b""):
    return struct.pack(">BIqqHH", kind, id, number, limit, len(name), len(text)) + name + text
Scan, Up, Stop, Ready, Done, Line, Letter = 1, 2, 3, 64, 65, 66, 67
def say(s, *messages):
    for m in messages:
        try: s.send(m)
        except (BlockingIOError, BrokenPipeError): return False
    return True
`

// thefts are what hermes may do with it. Each runs for a while on the same container.
var thefts = []struct{ name, script string }{
	{"answers to requests that nobody made", `
s = steal()
for id in range(2000): say(s, message(Done, id, text=b"\x1b]0;owned\x07" * 40))`},
	{"ready a thousand times, and lines without a report", `
s = steal()
for i in range(1000): say(s, message(Ready), message(Line, i, name=b"\x1b[2J", text=b"up\0\x1b[2J\0down"))`},
	{"what only PID 1 may say", `
s = steal()
for kind in list(range(1, 12)): say(s, message(kind, 1, 1, 1, b"apt-helper", b"/etc"))`},
	{"letters that mean nothing", `
s = steal()
for n in list(range(-300, 300)) + [1 << 62, -(1 << 63)]:
    if n & 0xff not in b"tiqb": say(s, message(Letter, number=n))`},
	{"a flood of letters that mean nothing", `
s = steal(); end = time.time() + 2
while time.time() < end: say(s, message(Letter, number=7)) or time.sleep(0.001)`},
	{"PID 1's own requests are read and never answered", `
s = steal(); end = time.time() + 2
while time.time() < end:
    if select.select([s], [], [], 0.1)[0]: s.recv(1000)`},
	{"a message that is none", `
s = steal(); say(s, b"\x40" * 30)`},
	{"lengths that lie", `
s = steal(); say(s, struct.pack(">BIqqHH", Line, 1, 0, 0, 65535, 65535) + b"x" * 700)`},
	{"the longest message there is", `
s = steal(); say(s, b"\x42" * 200000); say(s, b"\x42" * 793)`},
	{"the channel is shut", `
s = steal(); s.asked.shutdown(socket.SHUT_RDWR); time.sleep(0.5)`},
	{"half a message, and the rest never", `
s = steal(); say(s, message(Done, 1, text=b"x" * 500)[:100]); time.sleep(0.5)`},
	{"messages in one piece, and in single bytes", `
s = steal(); say(s, message(Ready) * 100, *(bytes([b]) for b in message(Done, 7, text=b"text"))); time.sleep(0.5)`},
	{"a pipe that is made small, and read by its writer", `
import fcntl
s = steal(); fcntl.fcntl(s.answer, 1031, 4096); say(s, *(message(Ready) for _ in range(200)))
try: os.read(s.answer, 1); sys.exit("it reads what PID 1 is told")
except OSError: pass
try: os.open("/proc/self/fd/%d" % s.answer, os.O_RDONLY | os.O_NONBLOCK); sys.exit("it opens PID 1's end")
except PermissionError: pass`},
	{"nothing is read any more, and all that can be said is said", `
s = steal(); os.kill(pid(), 19)
end = time.time() + 2
while time.time() < end: say(s, message(Ready)) or time.sleep(0.001)
os.kill(pid(), 18)`},
}

// 839b3f6 has no such channel: its PID 1 works in the scandir itself. Nothing here was red there.
func TestThePeerOfPID1MaySayWhatItWants(t *testing.T) {
	b := attack(t, "SUP-117").start(harness.Spec{Host: unconfined})
	before := b.run(root, bystanders)
	for _, theft := range thefts {
		res := b.try("timeout 20 python3 - <<'EOF'\n" + thief + theft.script + "\nEOF")
		if res.Code != 0 {
			t.Errorf("%s: %s", theft.name, res)
		}
		b.lives("by the channel, " + theft.name)
	}
	b.unchanged("by the channel", before)
	out := b.plainLogs("by the channel")
	if len(out) > 100_000 {
		t.Errorf("attack by the channel: %d bytes in docker logs: %s", len(out), tail(out))
	}
	b.stops("by the channel")
}

// lingering sends PID 1 connections whose closing takes hours, since nobody reads what they have to say, behind so much that
// PID 1 is the one who closes them. The sending fails where nothing can be sent.
const lingering = `
def connection():
    l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1); l.bind(("127.0.0.1", 0)); l.listen(1)
    c = socket.create_connection(l.getsockname()); p, _ = l.accept()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 30000)); c.setblocking(False)
    try:
        while True: c.send(b"x" * 65536)
    except BlockingIOError: return c, l, p
held, sent = [], 0
s = socket.socket(fileno=take(3)); s.settimeout(20)
try:
    for i in range(6000): s.send(message(Ready))
    for i in range(5):
        c, *ends = connection(); held.append(ends)
        s.sendmsg([message(Ready)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [c.fileno()]))]); c.close(); sent += 1
except OSError as e: print(e)
open("/tmp/ready", "w").write(str(sent)); time.sleep(1000)
`

// 4d7cf79c: PID 1 reads the connections from its socket and closes them: that takes 8 hours each. Meanwhile it neither hears its
// supervisor nor notices its death, no other one is started, and doctor blames the entry point.
func TestADescriptorThatIsSentHoldsUpNoSupervisor(t *testing.T) {
	b := attack(t, "SUP-117").start(harness.Spec{Host: unconfined})
	b.try("(python3 - >/tmp/thief.log 2>&1 <<'EOF'\n" + thief + lingering + "\nEOF\n) >/dev/null 2>&1 & i=0; until [ -s /tmp/ready ]; do sleep 0.1; i=$((i+1)); [ $i -lt 300 ] || exit 7; done; sleep 4")
	b.wants(root, "cat /tmp/ready || cat /tmp/thief.log", 0)
	old := b.run(hermes, supervisor)
	b.wants(hermes, "kill -9 "+old, 0)
	_, err := b.WaitSh(b.Ctx, "another supervisor", `p=$(`+supervisor+`) && [ "$p" != `+old+` ]`, waitLimit)
	b.Must(err)
	b.answers("21, by descriptors that are sent")
	b.stops("21, by descriptors that are sent")
}

// A stop asks the supervisor for much; what it gets for an answer delays it by no more than its own limits.
func TestNoAnswerOfTheSupervisorDelaysTheStop(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"a thief reads the requests": `
s = steal(); open("/tmp/ready", "w")
while True:
    if select.select([s], [], [], 0.1)[0]: s.recv(1000)`,
		"a thief answers all requests at once": `
s = steal(); open("/tmp/ready", "w")
while True: say(s, *(message(Done, id) for id in range(64)))`,
		"a thief floods, and nobody reads": `
s = steal(); os.kill(pid(), 19); open("/tmp/ready", "w")
while True: say(s, message(Ready)) or time.sleep(0.0001)`,
		"a tracer keeps it, dead and not reaped": `
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
p = pid()
for t in os.listdir("/proc/%d/task" % p):
    if libc.ptrace(PTRACE_SEIZE, int(t), 0, 0x40) != 0: sys.exit("cannot trace it: errno %d" % ctypes.get_errno()) # PTRACE_O_TRACEEXIT
os.kill(p, 9); open("/tmp/ready", "w")
time.sleep(1000)`,
		"a tracer keeps it, stopped": `
p = pid()
for t in os.listdir("/proc/%d/task" % p):
    if libc.ptrace(0x4206, int(t), 0, 0) != 0 or libc.ptrace(0x4207, int(t), 0, 0) != 0: sys.exit("cannot trace it")
open("/tmp/ready", "w"); time.sleep(1000)`,
		"it is stopped all the time": `
open("/tmp/ready", "w")
while True:
    try: os.kill(pid(), 19)
    except OSError: pass`,
		"it dies all the time": `
open("/tmp/ready", "w")
while True:
    if pid(): os.kill(pid(), 9)`,
		"another s6-svscan of hermes' has its place": `
os.kill(pid(), 19)
subprocess.Popen(["/command/s6-svscan", "/run/service"], start_new_session=True); time.sleep(1); open("/tmp/ready", "w")`,
	} {
		t.Run(name, func(t *testing.T) {
			b := attack(t, "BOOT-18", "SUP-117").start(harness.Spec{Host: unconfined})
			b.try(`make stubborn "trap '' TERM HUP; while :; do sleep 1; done"; scan; up stubborn
				(python3 - >/tmp/thief.log 2>&1 <<'EOF'
import signal
for s in 15, 1: signal.signal(s, signal.SIG_IGN)
` + thief + script + `
EOF
) >/dev/null 2>&1 & i=0; until [ -e /tmp/ready ]; do sleep 0.1; i=$((i+1)); [ $i -lt 100 ] || exit 7; done; sleep 1`)
			if res := b.as(root, "test -e /tmp/ready || cat /tmp/thief.log"); res.Stdout != "" {
				t.Fatal(res)
			}
			b.lives("by " + name)
			if stopped := b.stops("by " + name); stopped.Took > 9800*time.Millisecond {
				t.Errorf("%s: the stop took %v", name, stopped.Took)
			} else {
				t.Log(stopped.Took)
			}
		})
	}
}

// The script stands for a gateway of hermes that starts with the container: it stops its supervisor at once.
//
// 839b3f6 has no such supervisor.
func TestASupervisorThatIsStoppedDuringTheBootHoldsUpNoBoot(t *testing.T) {
	b := attack(t, "SUP-117", "SUP-118").start(harness.Spec{Files: []harness.File{
		{Path: "/etc/cont-init.d/03-stop", Content: "#!/bin/sh\npkill -STOP -f '^s6-svscan-user '\n", Mode: 0o755},
	}})
	b.lives("11, by a stopped supervisor")
	b.Must(b.WaitLog(b.Ctx, "the user's supervisor does not answer", waitLimit))
	b.boots("11, by a stopped supervisor")
	b.stops("11, by a stopped supervisor")
}
