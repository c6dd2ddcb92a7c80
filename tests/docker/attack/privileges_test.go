//go:build docker

package attack

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// rights prints, of each process of hermes, its rights and its command line, and ends with 1 where one could gain
// something.
const rights = `
bad=0
for p in /proc/[0-9]*; do
	[ "$(stat -c %u $p 2>/dev/null)" = 10000 ] || continue
	line=$(tr '\0' ' ' <$p/cmdline 2>/dev/null)
	got=$(awk '/^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs):/ {printf "%s%s ", $1, $2}' $p/status 2>/dev/null)
	[ -n "$got" ] || continue
	echo "$got: $line"
	z=0000000000000000
	[ "$got" = "CapInh:$z CapPrm:$z CapEff:$z CapAmb:$z NoNewPrivs:1 " ] || bad=1
done
exit $bad`

// setuidProgram is a program that gives root to whoever may gain by its bit.
const setuidProgram = `cp /usr/bin/id /usr/local/bin/rootid && chmod 4755 /usr/local/bin/rootid`

// Red before 839b3f6: none has no_new_privs.
func TestProcessesOfHermesCanGainNothing(t *testing.T) {
	b := attack(t, "RUN-11").start(harness.Spec{Cmd: []string{"gateway", "run"}, Env: map[string]string{"HERMES_DASHBOARD": "1"}})
	for _, process := range []string{`^sleep infinity$`, `hermes dashboard`, `hermes gateway run --replace`} {
		_, err := b.WaitProcess(b.Ctx, process, 0, bootLimit)
		b.Must(err)
	}
	b.wants(root, rights, 0, ": sleep infinity", "container watch", "hermes dashboard", "gateway run --replace", ": s6-log -b", "s6-svscan-user")
}

// Red before 839b3f6: CMD has no no_new_privs.
func TestStartAsHermesCanGainNothing(t *testing.T) {
	b := attack(t, "RUN-11").start(harness.Spec{User: hermes})
	b.wants(hermes, `cat /proc/$(pgrep -x sleep)/status`, 0, "NoNewPrivs:\t1", "CapPrm:\t0000000000000000")
}

// Red before 839b3f6: rootid says 0.
func TestSetuidProgramGivesHermesNothing(t *testing.T) {
	b := attack(t, "RUN-11").start(harness.Spec{})
	b.wants(root, setuidProgram, 0)
	b.wants(root, `/opt/hermes/bin/hermes container main /usr/local/bin/rootid -u`, 0, "10000\n")
}

func TestOperatorMayAllowSetuidPrograms(t *testing.T) {
	a := attack(t, "RUN-11")
	b := a.start(harness.Spec{Env: map[string]string{"HERMES_ALLOW_NEW_PRIVILEGES": "1"}})
	b.wants(root, setuidProgram, 0)
	b.wants(root, `/opt/hermes/bin/hermes container main /usr/local/bin/rootid -u`, 0, "0\n")
	// It is the operator's to set: hermes' own environment changes nothing for what root starts.
	d := a.start(harness.Spec{})
	d.wants(hermes, `echo HERMES_ALLOW_NEW_PRIVILEGES=1 >>/opt/data/.env`, 0)
	d.wants(root, setuidProgram, 0)
	d.wants(root, `/opt/hermes/bin/hermes container main /usr/local/bin/rootid -u`, 0, "10000\n")
}

// typing types a command into its terminal, by each of the requests that may.
const typing = `
import ctypes, termios
libc = ctypes.CDLL(None, use_errno=True)
libc.ioctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p]
for request in termios.TIOCSTI, termios.TIOCSTI | 0x5eed << 32:
    for letter in "id -u >/tmp/typed\n":
        if libc.ioctl(0, request, letter.encode()):
            print("errno", ctypes.get_errno()); break
print("typed what it could")
`

// rootRunsIt is a shell of root in which the front runs a program of hermes; then it reads its next line.
const rootRunsIt = `/opt/hermes/bin/hermes container main /usr/bin/python3 /opt/data/typing.py
echo "exit $?"
IFS= read -t 3 -r line && echo "root's shell reads <$line>" && eval "$line"
exit 0`

// Red before 839b3f6: root's shell reads <id -u >/tmp/typed>.
func TestNothingIsTypedIntoRootsShell(t *testing.T) {
	b := attack(t, "RUN-12").start(harness.Spec{Files: []harness.File{
		(harness.File{Path: "/opt/data/typing.py", Content: typing}).Hermes(),
	}})
	seen := b.atTerminal(root, rootRunsIt)
	if !strings.Contains(seen, "typed what it could") || !strings.Contains(seen, "errno 1\r\nerrno 1\r\n") {
		t.Errorf("want two times errno 1, got %s", seen)
	}
	if strings.Contains(seen, "root's shell reads") {
		t.Errorf("hermes typed into root's shell: %s", seen)
	}
	b.wants(root, "cat /tmp/typed", 1)
}

// Without the filter there is nothing but to keep hermes away from that terminal.
func TestRootsTerminalIsNotSharedWhereNewPrivilegesAreAllowed(t *testing.T) {
	b := attack(t, "RUN-12").start(harness.Spec{
		Env:   map[string]string{"HERMES_ALLOW_NEW_PRIVILEGES": "1"},
		Files: []harness.File{(harness.File{Path: "/opt/data/typing.py", Content: typing}).Hermes()},
	})
	seen := b.atTerminal(root, rootRunsIt)
	if strings.Contains(seen, "root's shell reads") {
		t.Errorf("hermes typed into root's shell: %s", seen)
	}
	typable := b.as(root, `[ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null)" != 0 ]`).Code == 0
	if refused := strings.Contains(seen, "use docker exec -it -u hermes") && strings.Contains(seen, "exit 126"); refused != typable {
		t.Errorf("the kernel lets programs type: %v, but the front said %s", typable, seen)
	}
	// A terminal of its own is nobody else's.
	res, err := b.Exec(b.Ctx, harness.Exec{User: root, Cmd: []string{"/opt/hermes/bin/hermes", "container", "main", "id", "-u"}, TTY: true})
	b.Must(err)
	if !strings.Contains(res.Stdout, "10000") {
		t.Errorf("want hermes on a terminal of its own, got %s", res)
	}
}
