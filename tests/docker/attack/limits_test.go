//go:build docker

package attack

import (
	"fmt"
	"testing"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// limited bounds a container's tasks and memory.
func limited(tasks int64, memory int64) func(*container.HostConfig) {
	return func(h *container.HostConfig) {
		h.PidsLimit = &tasks
		h.Memory, h.MemorySwap = memory, memory
	}
}

// survives fails where PID 1 has ended.
func (b box) survives(attack string) {
	b.Helper()
	running, err := b.Running(b.Ctx)
	b.Must(err)
	if !running {
		out, _ := b.AllLogs(b.Ctx)
		b.Fatalf("attack %s: PID 1 has ended:\n%s", attack, tail(out))
	}
}

// answers fails unless PID 1 lives and reads what it is asked by its fifo.
func (b box) answers(attack string) {
	b.Helper()
	b.lives(attack)
	b.wants(root, `printf h >/run/s6/root-service/.s6-svscan/control`, 0)
	b.lives(attack)
}

// 839b3f6: PID 1 dies of "failed to create new OS thread" within seconds.
func TestAFullPidsLimitLeavesPID1Alive(t *testing.T) {
	b := attack(t, "FAULT-14", "SUP-101").start(harness.Spec{Host: limited(150, 1<<30)})
	// What works for services waits long for the disk, so that it wants a thread for each.
	b.strace("-e", "trace=mkdirat,mknodat,renameat", "-e", "inject=mkdirat,mknodat,renameat:delay_exit=300000", "-e", "signal=none")
	// The crowd is made by processes that are there already, and commands come from one of them.
	b.try(`
		for i in $(seq 200); do make s$i "exec sleep 1000"; mkdir /run/service/s$i/log; cp /run/service/s$i/run /run/service/s$i/log/run; done
		timeout -s KILL 8 perl -MFcntl -e '
			sub order { sysopen my $f, $_[0], O_WRONLY | O_NONBLOCK or return; syswrite $f, $_[1]; 1 }
			$SIG{TERM} = $SIG{HUP} = "IGNORE";
			for (1..60) {
				for (1..200) { my $p = fork; last unless defined $p; unless ($p) { sleep 6; exit } }
				order "/run/service/.s6-svscan/control", "ah";
				order $_, "kdux" x 20 for glob "/run/service/s*/supervise/control";
				select undef, undef, undef, 0.05;
			}'; true`)
	b.survives("3")
	b.stops("3")
	b.boots("3")
}

// 839b3f6: not tried.
func TestMoreServicesThanHermesMayHaveAreNotStarted(t *testing.T) {
	b := attack(t, "SLOT-16").start(harness.Spec{})
	b.try(`for i in $(seq 700); do mkdir /run/service/n$i; done; cd /run/service
		printf '#!/bin/sh\nexec sleep 1000\n' >/tmp/run; chmod 755 /tmp/run; for i in $(seq 700); do ln /tmp/run n$i/run 2>/dev/null || cp /tmp/run n$i/run; done; scan; sleep 4; scan; sleep 2`)
	b.answers("3, by number")
	count := b.run(root, `pgrep -u hermes -x -c sleep`)
	var n int
	if _, err := fmt.Sscan(count, &n); err != nil || n < 1 || n > 501 {
		t.Errorf("attack 3, by number: %s services of hermes run, want 500 at most: %v", count, err)
	}
	b.stops("3, by number")
}

// The kernel kills the largest, so processes that are each larger than PID 1. Without CAP_SYS_RESOURCE nothing keeps
// PID 1 from being the largest among very many very small ones.
//
// 839b3f6: PID 1 is not hit either.
func TestProcessesThatFillTheMemoryLimitAreHitAndNotPID1(t *testing.T) {
	b := attack(t, "SUP-117").start(harness.Spec{Host: limited(300, 256<<20)})
	for name, script := range map[string]string{
		"one large process": `timeout 10 perl -e '$x = "x" x (1 << 20); push @a, $x . $_ for 1..2000; sleep 5'`,
		"a full /dev/shm, and a large process": `dd if=/dev/zero of=/dev/shm/full bs=1M count=60 2>/dev/null
			timeout 10 perl -e '$x = "x" x (1 << 20); push @a, $x . $_ for 1..2000; sleep 5'`,
		"twenty processes": `timeout 15 perl -e 'for (1..20) { next if fork; $x = "x" x (20 << 20); sleep 8; exit } sleep 9'`,
		"services":         `for i in $(seq 40); do make m$i "exec perl -e '\$x = \"x\" x (8 << 20); sleep 1000'"; done; scan; sleep 8; rm -rf /run/service/m*; scan`,
	} {
		b.try(script + "; true")
		b.survives("by memory, " + name)
	}
	b.as(root, "rm -f /dev/shm/full; pkill -KILL perl; sleep 1")
	b.answers("by memory")
	b.stops("by memory")
}

// 839b3f6: with 400 links and directories PID 1 logs "too many open files" and starts nothing more.
func TestPID1sDescriptorsAreNotForHermesToUseUp(t *testing.T) {
	few := func(h *container.HostConfig) {
		h.Ulimits = []*container.Ulimit{{Name: "nofile", Soft: 200, Hard: 200}}
	}
	b := attack(t, "SUP-117").start(harness.Spec{Host: few})
	b.try(`for i in $(seq 400); do mkdir -p /run/service/d$i/log; printf '#!/bin/sh\nexec sleep 1000\n' >/run/service/d$i/run; chmod 755 /run/service/d$i/run; done; scan; sleep 4
		for i in $(seq 50); do printf h >/run/service/.s6-svscan/control; done; sleep 1`)
	b.answers("by descriptors")
	open := b.run(root, `grep -c . /proc/1/net/unix >/dev/null; ls /proc/1/fd 2>/dev/null | wc -l`)
	var n int
	if _, err := fmt.Sscan(open, &n); err != nil || n > 100 {
		t.Errorf("attack by descriptors: PID 1 has %s open: %v", open, err)
	}
	b.stops("by descriptors")
	b.boots("by descriptors")
}

// 839b3f6: /run is everybody's (01777): hermes fills it with what it likes, and the next start finds it there.
func TestRunIsNotForHermesToFill(t *testing.T) {
	b := attack(t, "SUP-60").start(harness.Spec{Host: func(h *container.HostConfig) { h.Tmpfs = map[string]string{"/run": "exec,size=16m,mode=1777"} }})
	b.wants(root, "stat -c '%u %a' /run", 0, "0 755\n")
	b.try(`mkdir /run/mine; ln -s /etc /run/hermes; ln -s /etc /run/s6-rc:mine`)
	b.wants(root, "ls -d /run/mine /run/hermes", 2)
	// What is hermes' there is its scandir. Full, it is hermes' loss.
	b.try(`dd if=/dev/zero of=/run/service/full bs=1M count=100; for i in $(seq 2000); do : >/run/service/.f$i; done; make late "exec sleep 1000"; scan; sleep 2`)
	b.answers("by a full /run")
	b.stops("by a full /run")
	b.boots("by a full /run")
}

// 839b3f6: the start ends with "too many open files", again and again.
func TestWhatHermesLeavesInTheScandirRefusesNoStart(t *testing.T) {
	b := attack(t, "SUP-60").start(harness.Spec{})
	b.wants(hermes, `python3 - <<'EOF'
import os
os.chdir("/run/service")
top = os.open(".", os.O_RDONLY)
for _ in range(40000):
    os.mkdir("deep"); os.chdir("deep")
os.fchdir(top)
os.mkdir("/run/service/locked"); os.mkdir("/run/service/locked/in"); os.chmod("/run/service/locked", 0)
os.mkfifo("/run/service/fifo"); os.symlink("fifo", "/run/service/loop"); os.symlink("self", "/run/service/self")
os.symlink("/", "/run/service/slash"); os.symlink("/proc/1/root/etc", "/run/service/.proc")
for i in range(3000): os.mkdir("/run/service/.w%d" % i)
print("made")
EOF`, 0, "made")
	before := b.run(root, bystanders)
	b.lives("11")
	b.boots("11")
	b.unchanged("11", before)
	b.boots("11") // while what was left is still being removed
	_, err := b.WaitSh(b.Ctx, "an empty /run", `! ls -A /run | grep -E 'stale|removed'`, bootLimit)
	b.Must(err)
	b.wants(root, "ls -A /run/service | wc -l | { read n; [ $n -lt 20 ] || { echo $n; exit 1; }; }", 0)
	b.stops("11")
}
