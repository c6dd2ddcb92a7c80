//go:build docker

package attack

import (
	"strings"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
)

// steers are what programs look for in their environment, or in the home of who runs them, before they do what they are for.
const steers = `
cd /opt/data; mkdir -p evil lib .local/bin home .config/git .config/uv
for t in sh id stat ls cat env date python3 node npm git s6-svc; do printf '#!/bin/bash\necho "path $UID $0" >>/tmp/ran\n' >evil/$t; chmod 755 evil/$t; cp -f evil/$t .local/bin/$t; done
for v in LD_PRELOAD=/opt/data/x.so LD_AUDIT=/opt/data/x.so PATH=/opt/data/evil:/usr/bin:/bin PYTHONPATH=/opt/data/lib PYTHONSTARTUP=/opt/data/lib/sitecustomize.py \
	BASH_ENV=/opt/data/.bashrc ENV=/opt/data/.bashrc PROMPT_COMMAND=/opt/data/evil/id GIT_SSH_COMMAND=/opt/data/evil/id GIT_EXEC_PATH=/opt/data/evil \
	GIT_CONFIG_GLOBAL=/opt/data/.gitconfig GIT_CONFIG_COUNT=1 NODE_OPTIONS=--require=/opt/data/lib/x.js HOME=/opt/data PERL5OPT=-Mevil PERL5LIB=/opt/data/lib \
	GCONV_PATH=/opt/data LOCPATH=/opt/data GODEBUG=x S6_VERBOSITY=9 S6_KEEP_ENV=1 S6_STAGE2_HOOK=/opt/data/evil/id HERMES_ALLOW_APT=1 \
	HERMES_ALLOW_NEW_PRIVILEGES=1 HERMES_DOCKER_EXEC_AS_ROOT=1 HERMES_UID=0 HERMES_GID=0 HERMES_HOME=/etc; do echo "$v"; done >>.env
echo 'import os; open("/tmp/ran", "a").write("python %d\n" % os.getuid())' >lib/sitecustomize.py; cp lib/sitecustomize.py lib/usercustomize.py
echo 'require("fs").appendFileSync("/tmp/ran", "node " + process.getuid() + "\n")' >lib/x.js
for f in .bashrc .profile .bash_profile .bash_login .zshrc .inputrc .npmrc .curlrc .wgetrc .vimrc .pythonrc; do echo 'echo "dotfile $(/usr/bin/id -u)" >>/tmp/ran' >$f; cp $f home/$f; done
printf '[core]\n\tpager = /opt/data/evil/id\n\tfsmonitor = /opt/data/evil/id\n[alias]\n\tstatus = !/opt/data/evil/id\n' >.gitconfig; cp .gitconfig .config/git/config
: >/tmp/ran; chmod 666 /tmp/ran`

// 4d7cf79c: it holds. A home that the operator gives to root (-e HOME=/opt/data) is root's own hand.
func TestNothingOnTheVolumeSteersRootsPrograms(t *testing.T) {
	b := attack(t, "IMG-04").start(harness.Spec{Files: []harness.File{
		{Path: "/etc/cont-init.d/50-look", Content: "#!/bin/sh\n{ id; env; id; ls / >/dev/null; python3 -c 1; } >/var/lib/look 2>&1\n", Mode: 0o755},
		{Path: "/etc/services.d/looks", Dir: true},
		{Path: "/etc/services.d/looks/run", Content: "#!/command/with-contenv sh\n{ env; id; git status; cat /dev/null; } >/var/lib/looks 2>&1\nexec sleep 4242\n", Mode: 0o755},
	}})
	b.wants(hermes, steers, 0)
	b.Must(b.Restart(b.Ctx))
	_, err := b.WaitProcess(b.Ctx, `^sleep 4242$`, 0, bootLimit)
	b.Must(err)
	for _, words := range []string{
		"bash -lic true", "bash -c true", "bash -ic 'ls / >/dev/null; git status; python3 -c 1; node -e 1; id'", "sh -lc 'id; cat /dev/null'",
		"hermes container doctor", "hermes gateway status", "/command/hermes-health", "/command/with-contenv env", "/command/with-contenv sh -c id",
	} {
		b.as(root, words)
	}
	seen := b.run(root, "cat /var/lib/look /var/lib/looks; /command/with-contenv env")
	for _, word := range []string{"/opt/data/evil", "/opt/data/lib", "LD_", "BASH_ENV", "PYTHONPATH", "NODE_OPTIONS", "GIT_", "PERL5", "HERMES_UID", "\nHOME=/opt/data"} {
		if strings.Contains(seen, word) {
			t.Errorf("attack 9: a program of root has %q in\n%s", word, seen)
		}
	}
	b.wants(root, "grep -E ' 0( |$)' /tmp/ran", 1)
	b.wants(root, "stat -c %u /etc/passwd /run /etc/cont-init.d", 0, "0\n0\n0\n")
	b.stops("9, by what is planted")
}

// waits are in the place of each file that verbs of root read.
const waits = `
cd /run/service/gateway-default/supervise && for f in status ends unstarted death_tally record; do rm -rf $f; mkfifo $f; done
cd /run/service/main-hermes/supervise && for f in status ends unstarted; do rm -f $f; ln -s /dev/zero $f; done
cd /opt/data && for f in gateway_state.json .gateway_intent.json processes.json gateway.pid config.yaml .env .apt-packages logs/container-boot.log; do rm -rf $f; mkfifo $f; done
mkdir -p profiles/x profiles/y; for f in config.yaml gateway_state.json .gateway_intent.json .env; do ln -s /dev/zero profiles/x/$f; mkfifo profiles/y/$f; done`

// draws are names and texts that a terminal would obey, where verbs of root print them.
const draws = `
E=$(printf '\033[2J\033]0;owned\007'); cd /opt/data
mkdir -p "profiles/a${E}b" profiles/ok; printf "x: $E" >profiles/ok/config.yaml; printf "A=$E\n" >>.env
printf '{"gateway_state":"\\u001b[2J%s","pid":"%s","exit_reason":"%s"}' "$E" "$E" "$E" >gateway_state.json
cd /run/service/gateway-default/supervise; rm -f ends unstarted
printf '@4000000000000000000000000 1 0 %sunasked\n' "$E" >ends; printf '3 1000 @400000000000000000000000 "%s\\x1b[2J"\n' "$E" >unstarted
make "gateway-a$E" "exit 1"; scan
setsid python3 -c 'import ctypes,time; ctypes.CDLL(None).prctl(15,b"\x1b[2Jc",0,0,0); time.sleep(1000)' "$E" >/dev/null 2>&1 &
sleep 1`

// 4d7cf79c: it holds.
func TestRootsVerbsNeitherWaitForHermesNorPrintItsControls(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{"waits": waits, "draws": draws} {
		t.Run(name, func(t *testing.T) {
			b := attack(t, "HEALTH-01", "SVC-05").start(harness.Spec{})
			if res := b.try(script); res.Code != 0 {
				t.Fatal(res)
			}
			for _, words := range []string{
				"/command/hermes-health", "/command/hermes-health --live", "hermes container doctor", "hermes container doctor --json",
				"hermes gateway status", "hermes gateway status --json", "hermes container version", "hermes container apt-restore",
				"/command/s6-svstat /run/service/gateway-default", "/command/s6-svstat /run/service/main-hermes", "s6-svdt /run/service/gateway-default",
			} {
				began := time.Now()
				res := b.as(root, "timeout -s KILL 20 "+words)
				if took := time.Since(began); took > 5*time.Second || res.Code == 137 {
					t.Errorf("attack 11: %s took %v: %s", words, took, res)
				}
				if seen := control(res.Stdout + res.Stderr); seen != "" {
					t.Errorf("attack 15: %s prints %s", words, seen)
				}
			}
			b.stops("11 and 15")
			b.boots("11 and 15")
			b.plainLogs("15")
		})
	}
}

// asks are what a client of the helper of apt may say beside a request. Each answer is a refusal.
const asks = `
import array, os, socket, struct, time
def say(*packets, rights=()):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(10); s.connect("/run/s6/apt-helper.sock")
    try:
        for p in packets: s.sendmsg([p], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", rights))] if rights else [])
        out = b""
        while True:
            part = s.recv(1 << 16)
            if not part or part[:1] == b"x": return out + part
            out += part
    except (BrokenPipeError, ConnectionResetError): return b"gone"
for p in (b"install -o Dpkg::Pre-Invoke::=/tmp/evil jq", b"install ./x.deb", b"install /tmp/x.deb", b"install jq\nremove dpkg", b"install jq\0x", b"remove dpkg",
    b"install \x1b[2J\x1b]0;owned\x07", b"install ../../etc/passwd", b"install dpkg-", b"install lib*", b"install " + b"a" * 70000, b"update -o X=1",
    b"install " + b" ".join(b"p%d" % i for i in range(65)), b"install jq:i386", b"install jq=1", b"\xff\xfe", b" ", b"install  jq"):
    got = say(p)
    if not got.endswith(b"x100"): print("not refused:", p[:60], got[:200])
got = say(b"install ./x", rights=[0, 1, 2] * 80)
if not got.endswith(b"x100"): print("not refused: descriptors", got)
many = []
for i in range(200): # those who say nothing are sent away
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.setblocking(False)
    try: s.connect("/run/s6/apt-helper.sock"); many.append(s)
    except BlockingIOError: break
print("asked,", len(many), "waited")
`

// 4d7cf79c: it holds. Whoever may install packages can become root by one: what is refused is all but that.
func TestTheHelperOfAptTakesNamesOfPackagesAlone(t *testing.T) {
	b := attack(t, "TOOL-14", "TOOL-15").start(harness.Spec{Env: map[string]string{"HERMES_ALLOW_APT": "1"}})
	_, err := b.WaitSh(b.Ctx, "the helper", "test -S /run/s6/apt-helper.sock", waitLimit)
	b.Must(err)
	before := b.run(root, bystanders)
	b.wants(hermes, "rm -f /run/s6/apt-helper.sock", 1)
	asked := b.run(hermes, "printf '%s\\n' -o ./x.deb 'jq=1' '../x' \"$(printf 'a\\033[2J')\" >/opt/data/.apt-packages; python3 - <<'EOF'\n"+asks+"\nEOF")
	if !strings.HasPrefix(asked, "asked,") {
		t.Errorf("attack by the helper of apt: %s", asked)
	}
	b.unchanged("by the helper of apt", before)
	for name, plant := range map[string]string{
		"a link": "ln -s /etc/shadow", "a dangling link": "ln -s /etc/new", "a fifo": "mkfifo", "a directory": "mkdir", "a hard link": "ln /opt/data/.env", "an endless file": "ln -s /dev/zero",
	} {
		b.try("rm -rf /opt/data/.apt-packages; " + plant + " /opt/data/.apt-packages")
		res := b.as(root, "timeout 20 hermes container apt-restore")
		if res.Code == 124 || control(res.Stdout+res.Stderr) != "" {
			t.Errorf("%s in the place of the list: %s", name, res)
		}
	}
	b.unchanged("by the list of packages", before)
	b.plainLogs("by the helper of apt")
	b.stops("by the helper of apt")
}
