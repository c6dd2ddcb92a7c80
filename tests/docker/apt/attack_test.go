//go:build docker

package apt

import (
	"fmt"
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// client speaks to the socket as no client of ours does. Scripts follow it; a packet is a Python expression.
const client = `
import socket, sys
def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(30)
    s.connect("/run/s6/apt-helper.sock")
    return s
def ask(packet):
    s = connect()
    if packet is not None:
        s.send(packet)
    out = b""
    while True:
        p = s.recv(1 << 17)
        if not p:
            return out + b"END"
        out += p + b"|"
`

func (c idle) python(user, script string) harness.Result {
	c.Helper()
	res, err := c.Exec(c.Ctx, harness.Exec{User: user, Cmd: []string{"/usr/bin/python3", "-c", client + script}})
	c.Must(err)
	return res
}

func TestHostilePacketsAreRefused(t *testing.T) {
	f := newFixture(t, "TOOL-14")
	c := f.start("1", harness.Spec{})
	packets := []string{
		`b"install -o Dpkg::Pre-Invoke::=/tmp/x jq"`, `b"install -oDpkg::Pre-Invoke::=id"`, `b"install -- jq"`,
		`b"install --reinstall jq"`, `b"remove jq"`, `b"source jq"`, `b"update -o x=y"`, `b"update\n"`,
		`b"install ./x.deb"`, `b"install /tmp/x.deb"`, `b"install ../tmp/x.deb"`, `b"install file:/tmp/x.deb"`,
		`b"install jq=1.6"`, `b"install jq/sid"`, `b"install jq:i386"`, `b"install dpkg-"`, `b"install libc6-"`,
		`b"install jq\n-o\nx=y"`, `b"install jq\x00-f"`, `b"install jq\x00"`, `b"install jq\tvim"`, `b"install  jq"`,
		`b"install lib*"`, `b"install lib?"`, `b"install ^lib"`, `b"install lib$"`, `b"install lamp-server^"`,
		`b"install ~nlib"`, `b"install ?true"`, `b"install $(id)"`, `b"install jq;id"`, `b"install JQ"`,
		`b"install " + b"a" * 129`, `b"install" + b" jq" * 65`, `b"install" + b" jq" * 40000`, `b"install \xff\xfe"`, `b"install"`,
	}
	c.wants(hermes, "echo hostile >/tmp/x.deb; cp /tmp/x.deb /opt/data/", 0)
	script := ""
	for _, p := range packets {
		script += fmt.Sprintf("print(ask(%s))\n", p)
	}
	res := c.python(hermes, script)
	lines := strings.Split(strings.TrimSpace(res.Stdout), "\n")
	if len(lines) != len(packets) {
		t.Fatalf("want %d answers, got %d: %s", len(packets), len(lines), res)
	}
	for i, line := range lines {
		if !strings.Contains(line, "apt-get: cannot ") || !strings.HasSuffix(line, `|x100|END'`) && !strings.HasSuffix(line, `|x100|END"`) {
			t.Errorf("packet %s: want a refusal with code 100, got %s", packets[i], line)
		}
	}
	log, err := c.AllLogs(f.Ctx)
	f.Must(err)
	if strings.Contains(log, "asked by") || strings.Count(log, "[apt] refused: cannot") != len(packets) {
		t.Errorf("want %d refusals in the log:\n%s", len(packets), log)
	}
}

func TestOtherUsersAreRefused(t *testing.T) {
	f := newFixture(t, "TOOL-14")
	c := f.start("1", harness.Spec{})
	c.wants("1234:1234", "apt-get install -y jq", 100, "only hermes may install packages")
	c.wants("1234:10000", "apt-get install -y jq", 100, "uid 1234 may not install packages")
	c.wants("www-data", "test -w /run/s6/apt-helper.sock", 1)
	c.wants(hermes, "stat -c '%U:%G %a' /run/s6/apt-helper.sock", 0, "root:hermes 660\n")
	c.wants(hermes, "rm -f /run/s6/apt-helper.sock; mv /run/s6/apt-helper.sock /tmp/; test -S /run/s6/apt-helper.sock", 0)
	// Nor may hermes command the helper, or put something in the place of its state.
	for _, letter := range []string{"d", "k", "t", "p"} {
		c.wants(hermes, "/command/s6-svc -"+letter+" /run/service/apt-helper", 111)
	}
	c.wants(hermes, "ln -s /etc/passwd /run/service/apt-helper/supervise/status.new", 1)
}

func TestBadClientsDoNotKeepOthersOut(t *testing.T) {
	f := newFixture(t, "TOOL-14")
	c := f.start("1", harness.Spec{})
	res := c.python(hermes, `
# Silent, half gone and gone ones; then those that want to be served.
silent = [connect() for _ in range(4)]
for _ in range(20):
    s = connect(); s.send(b"install aa"); s.close()
import threading
answers = []
threads = [threading.Thread(target=lambda: answers.append(ask(b"install zz-nosuch"))) for _ in range(3)]
for t in threads: t.start()
for t in threads: t.join()
print(sum(b"Unable to locate package zz-nosuch" in a and a.endswith(b"|x100|END") for a in answers), "answered")
`)
	if !strings.Contains(res.Stdout, "3 answered") {
		t.Errorf("want 3 answers, got %s", res)
	}
	// Killed, the helper comes back.
	c.wants("0", "kill -KILL $(/command/s6-svstat -o pid /run/service/apt-helper)", 0)
	_, err := c.WaitSh(f.Ctx, "helper after its death", "apt-get install -y zz-nosuch 2>&1 | grep 'Unable to locate'", bootLimit)
	f.Must(err)
}
