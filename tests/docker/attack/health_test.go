//go:build docker

package attack

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// takePID1 ends the init by its scandir, with a finish that looks like it: same name, same lock, nothing wanted up.
const takePID1 = `cd /run/service && mv .s6-svscan .was && mkdir .s6-svscan && ln .was/control .was/lock .s6-svscan
cat >.s6-svscan/finish <<'END'
#!/usr/bin/python3
import ctypes, fcntl, os, time
ctypes.CDLL(None).prctl(15, b"s6-svscan", 0, 0, 0)
try: os.remove("/run/service/main-hermes")
except OSError: pass
lock = open("/run/service/.s6-svscan/lock", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("/tmp/taken", "w").write(str(os.getuid()))
time.sleep(1000)
END
chmod 755 .s6-svscan/finish
/command/s6-svscanctl -t /run/service
for i in $(seq 100); do [ -e /tmp/taken ] && break; sleep 0.1; done
cat /tmp/taken; exit 0`

// Red before 839b3f6: hermes is PID 1, and health says "healthy: boot complete, no service is wanted up".
func TestHealthIsNotForgedByWhoTookPID1(t *testing.T) {
	b := attack(t, "HEALTH-04").start(harness.Spec{})
	b.wants(hermes, "/command/hermes-health", 0, "healthy")
	b.wants(root, "/command/hermes-health", 0, "healthy")
	// The container may end by this, which is the operator's to see; it may not live on and be called healthy.
	_, _ = b.Exec(b.Ctx, harness.Exec{User: hermes, Cmd: []string{"sh", "-c", takePID1}})
	uid, running := "", true
	err := harness.Poll(b.Ctx, "the end of the container, or another PID 1", waitLimit, func(ctx context.Context) (string, bool, error) {
		got, err := b.Inspect(ctx)
		if running = err == nil && got.State.Running; !running {
			return "", err == nil, err
		}
		res, err := b.Exec(ctx, harness.Exec{User: root, Cmd: []string{"awk", "/^Uid:/ {print $2}", "/proc/1/status"}})
		uid = res.Output()
		_, notNumber := strconv.Atoi(uid)
		return "PID 1 is of uid " + uid, err == nil && notNumber == nil && uid != "0", nil
	})
	b.Must(err)
	if !running {
		return
	}
	for _, user := range []string{hermes, root} {
		health := b.as(user, "/command/hermes-health")
		if health.Code == 0 || !strings.Contains(health.Stdout, "PID 1 runs with the uids") {
			t.Errorf("PID 1 is of uid %s, and %s is told %s", uid, user, health)
		}
		if doctor := b.as(user, "/opt/hermes/bin/hermes container doctor"); doctor.Code == 0 || !strings.Contains(doctor.Stdout, "✗ init: PID 1 runs with") {
			t.Errorf("PID 1 is of uid %s, and %s is told %s", uid, user, doctor)
		}
	}
}

// The supervisor of hermes is in its hands: it may do to it what it likes, but nobody takes that for health. On 839b3f6
// there was none.
func TestHealthKnowsTheSupervisorOfHermes(t *testing.T) {
	b := attack(t, "HEALTH-04").start(harness.Spec{})
	b.wants(hermes, "stat -c '%U %a' /run/s6/boot.json /run/s6; (: >>/run/s6/boot.json) || rm -f /run/s6/boot.json || mv /run/s6 /tmp/", 1, "root 644\nroot 755\n")
	const supervisor = `python3 -c 'import json; print(json.load(open("/run/s6/boot.json")).get("user_supervisor", {}).get("pid", 0))'`
	pid, err := strconv.Atoi(b.as(hermes, supervisor).Output())
	b.Must(err)
	if pid == 0 {
		t.Fatal("the record has no supervisor of hermes")
	}
	b.wants(hermes, "kill -STOP "+strconv.Itoa(pid), 0)
	for _, user := range []string{hermes, root} {
		b.wants(user, "/command/hermes-health", 1, "user's supervisor: process "+strconv.Itoa(pid)+" is stopped")
		b.wants(user, "/opt/hermes/bin/hermes container doctor", 1, "fix: docker exec -u 0 hermes /bin/kill -CONT "+strconv.Itoa(pid))
	}
	b.wants(root, "/bin/kill -CONT "+strconv.Itoa(pid)+" && sleep 0.2 && /command/hermes-health", 0, "healthy")
	b.wants(hermes, "kill -KILL "+strconv.Itoa(pid), 0)
	_, err = b.WaitSh(b.Ctx, "a supervisor after that", `new=$(`+supervisor+`); [ "$new" != `+strconv.Itoa(pid)+` ] && /command/hermes-health`, waitLimit)
	b.Must(err)
	b.wants(root, "/opt/hermes/bin/hermes container doctor", 1, "✗ user's supervisor: it ended, and was started 2 times")
}
