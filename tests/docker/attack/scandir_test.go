//go:build docker

package attack

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// admins is a directory of root, as a mount of the host would be: hermes may look at it.
func admins() []harness.File {
	return []harness.File{
		{Path: "/srv/job", Dir: true},
		{Path: "/srv/job/log", Dir: true},
		{Path: "/srv/host", Dir: true},
		{Path: "/srv/host/keep", Content: "kept\n"},
		{Path: "/srv/job/run", Content: "#!/bin/sh\nid -u >>/tmp/job-ran-as\nexec sleep 1000\n", Mode: 0o755},
		{Path: "/srv/job/log/run", Content: "#!/bin/sh\nid -u >>/tmp/job-ran-as\nexec cat\n", Mode: 0o755},
	}
}

// 839b3f6: supervise/ and event/ of root appear in /srv/host and /srv/job/log, and later boots lose services.
func TestRootWritesNothingWhereALinkOfASlotLeads(t *testing.T) {
	b := attack(t, "SUP-117").start(harness.Spec{Files: admins()})
	before := b.run(root, bystanders)
	b.try(`
		make log "exec sleep 1000"; ln -s /srv/host /run/service/log/log
		make logjob "exec sleep 1000"; ln -s /srv/job/log /run/service/logjob/log
		make event "exec sleep 1000"; ln -s /srv/host /run/service/event/event
		make supervise "exec sleep 1000"; ln -s /srv/host /run/service/supervise/supervise
		make deeper "exec sleep 1000"; mkdir /run/service/deeper/log; ln -s /srv/host /run/service/deeper/log/supervise; ln -s /srv/host /run/service/deeper/log/event
		make control "exec sleep 1000"; mkdir /run/service/control/supervise; ln -s /srv/host/keep /run/service/control/supervise/control
		ln -s /srv/host/keep /run/service/control/supervise/lock; ln -s /srv/host/keep /run/service/control/supervise/status.new
		link /srv/host whole; link /srv/job job; link /etc etc; link / slash; link /proc/1/root proc; link /proc/self self
		ln -s /etc /run/service/.s6-svscan/more; scan; sleep 2; scan; sleep 1`)
	b.unchanged("5", before)
	b.wants(root, `cat /srv/host/keep; ls -A /srv/host`, 0, "kept\n", "keep\n")
	if ran := b.as(root, `cat /tmp/job-ran-as`); strings.Contains("\n"+ran.Stdout, "\n0\n") {
		t.Errorf("attack 5: root ran what a link of hermes led to: %s", ran.Stdout)
	}
	b.boots("5")
	b.unchanged("5", before)
	b.wants(hermes, `[ "$(/command/s6-svstat -o up /run/service/main-hermes)" = true ]`, 0)
	b.stops("5")
}

// scripts that hermes puts beside the control fifo of its scandir, under each name that means something there.
const scripts = `
mkdir -p $1; for name in finish crash SIGTERM SIGINT SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGPWR SIGWINCH; do
	printf '#!/bin/sh\necho ran %s as $(id -u) pid $$ >>/tmp/diverted\nexec sleep 1000\n' $name >$1/$name; chmod 755 $1/$name
done`

// own is a directory of hermes in the place of that of the fifo.
const own = "mv /run/service/.s6-svscan /run/service/.old; set -- /run/service/.s6-svscan; mkdir $1; ln /run/service/.old/control $1/control;"

// 839b3f6: with finish hermes is PID 1 after the stop, and docker stop ends in 137; with SIGTERM the stop is diverted.
func TestHermesReplacesNoActionOfPID1(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ prepare, ask string }{
		"scripts in the place of signals and of the end": {own + scripts, ""},
		"a link in the place of the directory of the fifo": {
			"mv /run/service/.s6-svscan /run/service/.old; set -- /opt/data/mine;" + scripts + "; ln -s /opt/data/mine /run/service/.s6-svscan", "",
		},
		"finish, and a request to stop by letter": {own + scripts, "printf t >/run/service/.old/control"},
		"the fifo is gone":                        {"rm -rf /run/service/.s6-svscan", ""},
		"the scandir is gone":                     {"mv /run/service/* /opt/data/; rm -rf /run/service/.s6-svscan", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := attack(t, "SUP-59", "SUP-117").start(harness.Spec{})
			b.try(c.prepare)
			b.run(root, "kill -HUP 1; kill -WINCH 1; sleep 0.3")
			b.lives("12")
			if c.ask != "" {
				b.try(c.ask)
				stopped, err := b.Wait(b.Ctx, waitLimit)
				b.Must(err)
				if stopped.Code != 0 {
					t.Errorf("attack 12: the end has code %d, want 0", stopped.Code)
				}
			} else {
				b.stops("12")
			}
			b.boots("12")
			if ran := b.as(root, "cat /tmp/diverted"); ran.Code == 0 {
				t.Errorf("attack 12: %s", ran.Stdout)
			}
			b.stops("12")
		})
	}
}

// 839b3f6: the start ends with code 100, "another init supervises".
func TestALockOfASiblingRefusesNoStart(t *testing.T) {
	a := attack(t, "SUP-60", "SUP-117")
	volume, err := a.Subject.Volume(a.Ctx)
	a.Must(err)
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume, Path: "/shared"}}}
	sibling := a.start(spec)
	sibling.run(root, "chmod 777 /shared; touch /shared/lock; chmod 666 /shared/lock")
	sibling.run(hermes, `setsid python3 -c '
import fcntl, time
for kind in fcntl.flock, fcntl.lockf:
    f = open("/shared/lock", "r+"); kind(f, fcntl.LOCK_EX); globals()["k" + kind.__name__] = f
open("/shared/locked", "w")
time.sleep(1000)' >/dev/null 2>&1 & until [ -e /shared/locked ]; do sleep 0.05; done`)
	b := a.start(spec)
	b.try(`
		mv /run/service/.s6-svscan /run/service/.old; mkdir /run/service/.s6-svscan; ln -sf /shared/lock /run/service/.s6-svscan/lock
		make lock "exec sleep 1000"; mkdir -p /run/service/lock/supervise; ln -sf /shared/lock /run/service/lock/supervise/lock; scan
		mkdir -p /run/service/.gone; ln -sf /shared/lock /run/service/.gone/lock`)
	b.lives("14")
	b.boots("14")
	b.try(`mv /run/service/.s6-svscan /run/service/.old; mkdir /shared/svscan 2>/dev/null; ln -sf /shared/lock /shared/svscan/lock; ln -s /shared/svscan /run/service/.s6-svscan`)
	b.boots("14")
	// The supervisor of hermes that comes next finds the lock taken: that is its own loss, and no stop waits for it.
	b.try(`ln -sf /shared/lock /run/service/.s6-svscan/lock; kill -KILL $(` + supervisor + `); sleep 1`)
	b.lives("14")
	b.stops("14")
}
