//go:build docker

package attack

import (
	"testing"

	"caduceus/tests/docker/harness"
)

// usesUp takes all that the kernel counts for a user, and what of its own processes a user may take away from them.
const usesUp = `
import ctypes, errno, os, resource, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
pid = int(subprocess.run(["pgrep", "-o", "-u", "hermes", "-f", "^s6-svscan-user "], capture_output=True, text=True).stdout)
def until(what, f):
    n = 0
    while n < 100000:
        if f(n) < 0: print(what, n, errno.errorcode[ctypes.get_errno()], flush=True); return
        n += 1
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
until("inotify", lambda n: libc.inotify_init1(0))
until("queues", lambda n: libc.mq_open(b"/m%d" % n, os.O_CREAT | os.O_RDWR, 0o666, None))
until("timers", lambda n: libc.timer_create(1, None, ctypes.create_string_buffer(8)))
until("epoll", lambda n: libc.epoll_create1(0) if n < 100 else -1)
for number, args in (248, (b"user", b"x", b"y", 1, -3)), (250, (0, -3, 0)): # add_key, keyctl: closed by the engine's filter
    if libc.syscall(number, *args) >= 0: print("keyrings are open", flush=True)
for other in 1, pid:
    for name, act in {
        "limits": lambda: [resource.prlimit(other, getattr(resource, "RLIMIT_" + n), (v, v)) for n, v in
            (("NOFILE", 0), ("FSIZE", 0), ("NPROC", 0), ("STACK", 0), ("DATA", 0), ("MEMLOCK", 0), ("AS", 1), ("CPU", 1))],
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, other, 19),
        "policy": lambda: os.sched_setscheduler(other, os.SCHED_IDLE, os.sched_param(0)),
        "affinity": lambda: os.sched_setaffinity(other, {0}),
        "memory": lambda: open("/proc/%d/oom_score_adj" % other, "w").write("1000"),
    }.items():
        try: act(); done = "done"
        except OSError as e: done = errno.errorcode[e.errno]
        print(other == 1 and "init" or "supervisor", name, done, flush=True)
open("/tmp/ready", "w"); time.sleep(1000)
`

// 4d7cf79c: most of it holds. What becomes hermes, in this container and in others of the same uid, waited for ever for a signal that the
// timers left no room for; the uid is one of this test's own, so that no other test shares what it uses up.
func TestWhatHermesUsesUpIsItsOwn(t *testing.T) {
	spec := harness.Spec{Env: map[string]string{"HERMES_UID": "23456", "HERMES_GID": "23456"}}
	b := attack(t, "SUP-117", "FAULT-14", "RUN-11").start(spec)
	b.try("(python3 - >/tmp/used 2>&1 <<'EOF'\n" + usesUp + "\nEOF\n) >/dev/null 2>&1 & i=0; until [ -e /tmp/ready ]; do sleep 0.1; i=$((i+1)); [ $i -lt 200 ] || exit 7; done")
	b.wants(root, "cat /tmp/used", 0, "inotify", "queues", "timers",
		"init limits EPERM", "init priority EPERM", "init policy EPERM", "init affinity EPERM", "init memory EACCES",
		"supervisor limits done", "supervisor priority done", "supervisor policy done", "supervisor memory done")
	b.wants(root, "! grep keyrings /tmp/used", 0)
	b.answers("3, by what is used up")
	b.wants(root, "timeout -s KILL 30 /opt/hermes/bin/hermes container version", 0)
	beside := b.start(spec)
	beside.wants(root, "/command/hermes-health", 0, "healthy")
	beside.stops("3, by what is used up beside it")
	// The one that comes next has nothing of that.
	old := b.run(hermes, supervisor)
	b.try("kill -9 " + old)
	_, err := b.WaitSh(b.Ctx, "another supervisor", `p=$(`+supervisor+`) && [ "$p" != `+old+` ] && [ $(cat /proc/$p/oom_score_adj) = 0 ] &&
		[ "$(ps -o ni= -o cls= -p $p | tr -d ' ')" = 0TS ] && cmp /proc/1/limits /proc/$p/limits`, waitLimit)
	if err != nil {
		t.Error(err, b.run(root, `p=$(`+supervisor+`); ps -o pid,ni,cls,args -p $p; cat /proc/$p/limits /proc/1/limits`))
	}
	b.try(`make late "exec sleep 1000"; scan; up late`)
	b.wants(root, `[ "$(/command/s6-svstat -o up /run/service/late)" = true ]`, 0)
	b.stops("3, by what is used up")
	b.boots("3, by what is used up")
}

// stopsTerminal keeps the terminal of the container from taking any output, and makes it its own in each way there is.
const stopsTerminal = `
import fcntl, os, subprocess, termios
pid = subprocess.run(["pgrep", "-o", "-x", "sleep"], capture_output=True, text=True).stdout.strip()
fd = os.open("/proc/%s/fd/1" % pid, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
attr = termios.tcgetattr(fd); attr[3] |= termios.TOSTOP; termios.tcsetattr(fd, termios.TCSANOW, attr)
fcntl.ioctl(fd, termios.TIOCEXCL); termios.tcflow(fd, termios.TCOOFF)
try: os.write(fd, b"x")
except BlockingIOError: print("stopped")
`

// 4d7cf79c: it holds.
func TestATerminalThatTakesNothingHoldsUpNoStop(t *testing.T) {
	b := attack(t, "BOOT-18", "SUP-88").start(harness.Spec{TTY: true, Files: []harness.File{
		{Path: "/etc/services.d/talks", Dir: true},
		{Path: "/etc/services.d/talks/run", Content: "#!/bin/sh\nwhile :; do seq 1000; sleep 0.1; done\n", Mode: 0o755},
		{Path: "/etc/services.d/talks/output-prefix", Content: "talks: "},
		{Path: "/etc/services.d/says", Dir: true},
		{Path: "/etc/services.d/says/run", Content: "#!/bin/sh\nwhile :; do seq 1000; sleep 0.1; done\n", Mode: 0o755},
		{Path: "/etc/cont-finish.d/10-last", Content: "#!/bin/sh\nseq 20000\n", Mode: 0o755},
	}})
	b.wants(hermes, "python3 - <<'EOF'\n"+stopsTerminal+"\nEOF", 0, "stopped")
	b.answers("13, by the terminal")
	old := b.run(hermes, supervisor)
	b.try("kill -9 " + old)
	_, err := b.WaitSh(b.Ctx, "another supervisor", `p=$(`+supervisor+`) && [ "$p" != `+old+` ]`, waitLimit)
	b.Must(err)
	b.wants(root, "/command/hermes-health", 0, "healthy")
	t.Log(b.stops("13, by the terminal").Took)
}
