//go:build docker

package attack

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// exchange waits for names that somebody makes in slots of hermes and puts something of hermes' in their place,
// while whoever made them has yet to open them again: strace makes that window half a second wide.
const exchange = `
import ctypes, os, shutil, sys, time
libc = ctypes.CDLL(None, use_errno=True)
S = "/run/service/"
def program(path):
    with open(path, "w") as f: f.write("#!/bin/sh\nid >>/tmp/exchanged\n")
    os.chmod(path, 0o755)
def link(path): os.symlink("/srv/host", path)
def socket(path):
    import socket
    socket.socket(socket.AF_UNIX).bind(path)
games = []
for slot, name, mine in [
    ("a", "event", program), ("b", "supervise", program), ("c", "event", link), ("d", "supervise", link),
    ("e", "log/event", program), ("f", "log/supervise", link), ("g", "log/event", link), ("h", "event", socket),
]:
    os.makedirs(S + ".new/log")
    for run in "run", "log/run":
        program(S + ".new/" + run)
        with open(S + ".new/" + run, "w") as f: f.write("#!/bin/sh\nexec sleep 1000\n")
    mine(S + ".new/" + os.path.dirname(name) + "/.mine")
    os.rename(S + ".new", S + slot)
    games.append((S + slot + "/" + name, S + slot + "/" + os.path.dirname(name) + "/.mine"))
open(S + ".s6-svscan/control", "w").write("a")
end = time.time() + 15
while games and time.time() < end:
    for theirs, mine in list(games):
        if os.path.lexists(theirs):
            if libc.renameat2(-100, theirs.encode(), -100, mine.encode(), 2) == 0: # RENAME_EXCHANGE
                games.remove((theirs, mine))
print(len(games), "not exchanged")
`

// 839b3f6: PID 1 gives programs of hermes the group of root and mode 03730, and hands it the directories of root
// that links lead to.
func TestNamesExchangedWhileASlotIsMadeGiveHermesNothing(t *testing.T) {
	b := attack(t, "SUP-117").start(harness.Spec{Files: admins()})
	before := b.run(root, bystanders)
	b.strace("-P", "/run/service", "-P", "/run/service/a", "-P", "/run/service/b", "-P", "/run/service/c", "-P", "/run/service/d",
		"-P", "/run/service/e/log", "-P", "/run/service/f/log", "-P", "/run/service/g/log", "-P", "/run/service/h",
		"-e", "trace=mkdir,mkdirat,mknod,mknodat", "-e", "inject=mkdir,mkdirat,mknod,mknodat:delay_exit=400000", "-e", "signal=none")
	b.wants(hermes, "cat >/tmp/exchange.py <<'EOF'\n"+exchange+"\nEOF\npython3 /tmp/exchange.py", 0, "0 not exchanged")
	b.run(root, "sleep 3")
	b.notRoots("1", "/run/service /opt/data /tmp")
	b.unchanged("1", before)
	b.lives("1")
	b.boots("1")
	b.wants(hermes, `id -G | grep -qw 0`, 1)
	b.unchanged("1", before)
}

// 839b3f6: root runs /srv/job/run.
func TestALinkExchangedWhileItIsLookedAtRunsNothingAsRoot(t *testing.T) {
	b := attack(t, "SUP-117").start(harness.Spec{Files: admins()})
	before := b.run(root, bystanders)
	b.strace("-P", "/run/service", "-e", "trace=newfstatat,fstat,statx,openat,openat2", "-e", "inject=newfstatat,statx:delay_exit=100000", "-e", "signal=none")
	b.wants(hermes, "cat >/tmp/flip.py <<'EOF'\n"+flip+"\nEOF\npython3 /tmp/flip.py", 0, "flipped")
	if ran := b.as(root, "cat /tmp/job-ran-as"); strings.Contains("\n"+ran.Stdout, "\n0\n") {
		t.Errorf("attack 4: root ran what hermes chose: %s", ran.Stdout)
	}
	b.unchanged("4", before)
	b.lives("4")
	b.stops("4")
}

// flip exchanges, all the time, links of root, links of hermes to what is root's, and a directory of hermes.
const flip = `
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
S = "/run/service/"
os.rename(S + "apt-helper", S + "x")        # a link of root's
os.symlink("/srv/job", S + ".mine")         # one of hermes'
os.makedirs(S + "y"); os.symlink("/srv/job", S + ".y")
with open(S + "y/run", "w") as f: f.write("#!/bin/sh\nexec sleep 1000\n")
os.chmod(S + "y/run", 0o755)
os.rename(S + "dashboard", S + "z"); os.symlink("/srv/job/log", S + ".z")
control = os.open(S + ".s6-svscan/control", os.O_WRONLY | os.O_NONBLOCK)
end = time.time() + 12
n = 0
while time.time() < end:
    try: os.write(control, b"a")
    except BlockingIOError: pass
    for theirs, mine in ("x", ".mine"), ("y", ".y"), ("z", ".z"):
        libc.renameat2(-100, (S + theirs).encode(), -100, (S + mine).encode(), 2)
    n += 1
    time.sleep(0.03)
print("flipped", n)
`
