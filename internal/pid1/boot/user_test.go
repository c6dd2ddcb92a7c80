package boot_test

import (
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

// withHermes is a container whose image knows hermes, in two groups.
func withHermes(t *testing.T) *container {
	t.Helper()
	b := newContainer(t)
	b.setenv("S6_VERBOSITY=1")
	b.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nhermes:x:10000:10001:hermes:/opt/data:/bin/sh\n", 0o644)
	b.file("etc/group", "root:x:0:\nhermes:x:10001:\ndocker:x:999:hermes\n", 0o644)
	return b
}

// ids is a line about the process that writes it: its ids, its groups, its capabilities and no_new_privs.
const ids = `echo $(id -u) $(id -G) $(sed -n 's/^Cap[PEIA][a-z]*:.//p; s/^NoNewPrivs:.//p' /proc/self/status)`

const (
	asHermes = "10000 10001 999 0000000000000000 0000000000000000 0000000000000000 0000000000000000 1"
	asRoot   = "0 0"
)

// slot is a shell script that puts a service directory into the scandir: each of its programs writes a line.
func slot(name, give string) string {
	program := func(file, then string) string {
		return "cat >" + file + " <<'EOF'\n#!/bin/sh\necho " + name + " " + strings.TrimPrefix(file, "log/") + " $(" + ids + ") >>/tmp/ids\n" + then + "\nEOF\n"
	}
	return "mkdir -p /run/service/.new/log; cd /run/service/.new\n" +
		program("run", "exit 0") + program("finish", "exit 125") + program("log/run", "exec cat") +
		"chmod 755 run finish log/run\n" + give + "\nmv /run/service/.new /run/service/" + name + "\n"
}

const ready = ": >/tmp/ids; chmod 666 /tmp/ids\n"

// Whoever may put a service into the scandir runs it with no more rights than it has.
func TestServicesOfHermesHaveItsRightsAndNoMore(t *testing.T) {
	clause.Proves(t, "SLOT-04", "SETUP-33", "SUP-13", "SUP-117")
	t.Parallel()
	b := withHermes(t)
	b.script("etc/cont-init.d/02", ready+slot("svc", "chown -R 10000:10001 ."))
	p := b.start(nil, "sh", "-c", "until [ $(wc -l </tmp/ids) = 3 ]; do sleep 0.01; done; sort /tmp/ids; echo end")
	p.prints("end\n")
	p.expect(0)
	want := "svc finish " + asHermes + "\nsvc run " + asHermes + "\nsvc run " + asHermes + "\nend\n"
	if got := p.stdout.String(); got != want {
		t.Errorf("stdout %q, want %q", got, want)
	}
}

// What is not hermes' own is not run, whoever put it there and by which name.
func TestServicesOfOthersInTheScandirOfHermesAreNotRun(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	b := withHermes(t)
	b.script("etc/cont-init.d/02", ready+slot("roots", "")+slot("others", "chown -R 1234:1234 .")+slot("own", "chown -R 10000:10001 .")+`
		mkdir -p /srv/elsewhere; cp -r /run/service/own/run /srv/elsewhere/; ln -s /srv/elsewhere /run/service/link`)
	p := b.start(nil, "sh", "-c", "until [ $(wc -l </tmp/ids) = 3 ]; do sleep 0.01; done; cut -d' ' -f1 /tmp/ids | sort -u; echo end")
	p.prints("end\n")
	p.expect(0)
	if got := p.stdout.String(); got != "own\nend\n" {
		t.Errorf("stdout %q", got)
	}
	for _, name := range []string{"roots", "others"} {
		if n := strings.Count(p.stderr.String(), `"`+name+`"`); n != 1 {
			t.Errorf("%d lines about %q, want one:\n%s", n, name, p.stderr.String())
		}
	}
	if strings.Contains(p.stderr.String(), `"link"`) {
		t.Errorf("a link to what is root's is complained about:\n%s", p.stderr.String())
	}
}

// Root's services are supervised by PID 1, where only root can write; hermes sees them by name.
func TestServicesOfRootAreSupervisedApart(t *testing.T) {
	clause.Proves(t, "SUP-117", "SUP-118")
	t.Parallel()
	b := withHermes(t).together()
	b.longrun("defined", "echo \"defined $("+ids+")\"; exec sleep 1000")
	b.longrun("users", "echo \"users $("+ids+")\"; exec sleep 1000", "account=hermes")
	b.script("etc/services.d/legacy/run", "echo \"legacy $("+ids+")\"; exec sleep 1000")
	p := b.start(nil, "sh", "-c", `
		until [ -e /run/service/legacy ]; do sleep 0.01; done
		for name in defined users legacy; do
			until /command/s6-svstat -o up,wantedup /run/service/$name 2>/dev/null | grep -q "true true"; do sleep 0.01; done
		done
		out=$(readlink /run/service/defined /run/service/users /run/service/legacy
			ls /run/s6/root-service; stat -c '%u %a' /run /run/s6/root-service /run/service
			for name in defined users legacy; do stat -c "$name %u" /run/service/$name/supervise/control; done)
		echo "$out"; echo end; exec sleep 1000`)
	for _, line := range []string{"defined " + asRoot, "users " + asHermes, "legacy " + asRoot, "end\n"} {
		p.prints(line)
	}
	for _, line := range []string{
		"/run/s6-rc/servicedirs/defined\n/run/s6-rc/servicedirs/users\n/run/s6/legacy-services/legacy\ndefined\nlegacy\n0 755\n0 755\n10000 755\n",
		"defined 0\nusers 10000\nlegacy 0\n",
	} {
		if !strings.Contains(p.stdout.String(), line) {
			t.Errorf("stdout is without %q:\n%s", line, p.stdout.String())
		}
	}
	p.stop()
	p.expect(0)
}

// Scripts beside the control fifo of hermes' scandir replace nothing that PID 1 does.
func TestScriptsOfHermesReplaceNothingOfPID1(t *testing.T) {
	clause.Proves(t, "SUP-59", "SUP-117")
	t.Parallel()
	b := withHermes(t).together()
	b.script("etc/cont-init.d/02", `
		mkdir -p /run/service/.s6-svscan; cd /run/service/.s6-svscan
		for name in SIGTERM SIGINT finish crash; do printf '#!/bin/sh\necho hermes instead; exit 9\n' >$name; chmod 755 $name; done`)
	b.script("etc/cont-init.d/03", `
		cd /run/s6/root-service/.s6-svscan; printf '#!/bin/sh\necho root instead\n' >SIGHUP; chmod 755 SIGHUP`)
	p := b.start(nil, "sh", "-c", "echo up; exec sleep 1000")
	p.prints("up\n")
	p.signal(syscall.SIGHUP)
	p.prints("root instead\n")
	p.signal(syscall.SIGTERM)
	p.expect(0)
	if strings.Contains(p.stdout.String(), "hermes instead") {
		t.Error("a script of hermes ran")
	}
}

// Hermes may ask for the stop by the fifo of its own scandir, and root by either.
func TestEitherScandirTakesTheRequestToStop(t *testing.T) {
	clause.Proves(t, "SUP-57", "SUP-117")
	t.Parallel()
	for name, dir := range map[string]string{"of hermes": "/run/service", "of root": "/run/s6/root-service"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withHermes(t)
			p := b.start(nil, "sh", "-c", "echo up; exec sleep 1000")
			p.prints("up\n")
			b.must(s6.SendScanControl(p.inside(dir), "t"))
			p.expect(0)
		})
	}
}

// A supervisor that hermes has stopped, or that says what is no message, holds up neither boot nor stop.
func TestASilentSupervisorHoldsNothingUp(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	b := withHermes(t)
	b.logLimits()
	b.script("etc/cont-init.d/02", "mkdir /run/service/.new; cd /run/service/.new; printf '#!/bin/sh\\nexec sleep 1000\\n' >run; chmod 755 run; chown -R 10000:10001 .; mv /run/service/.new /run/service/svc")
	p := b.start(nil, "sh", "-c", `
		until /command/s6-svstat -o up /run/service/svc 2>/dev/null | grep -q true; do sleep 0.01; done
		kill -STOP $(pgrep -f '^s6-svscan-user '); echo stopped; exec sleep 1000`)
	p.prints("stopped\n")
	p.stop()
	p.expect(0)
	if strings.Contains(p.stderr.String(), "cut by the deadline") {
		t.Errorf("the stop went to its deadline:\n%s", p.stderr.String())
	}
}

// A supervisor that dies takes nothing with it: the next one has the services as they are, and learns how they end.
func TestServicesOutliveTheirSupervisor(t *testing.T) {
	clause.Proves(t, "SUP-111", "SUP-112", "SUP-114", "SUP-117")
	t.Parallel()
	b := withHermes(t)
	b.script("etc/cont-init.d/02", `: >/tmp/starts; chmod 666 /tmp/starts
		mkdir -p /run/service/.new/log; cd /run/service/.new
		printf '#!/bin/sh\necho run >>/tmp/starts; echo line; exec sleep 1000\n' >run
		printf '#!/bin/sh\necho finish $1 $2 >>/tmp/starts\n' >finish
		printf '#!/bin/sh\necho logger >>/tmp/starts; exec cat >>/tmp/log\n' >log/run; : >/tmp/log; chmod 666 /tmp/log
		chmod 755 run finish log/run; chown -R 10000:10001 .; mv /run/service/.new /run/service/svc`)
	p := b.start(nil, "sh", "-c", `
		pid() { /command/s6-svstat -o pid /run/service/svc; }
		supervisor() { pgrep -f '^s6-svscan-user '; }
		replaced() { until new=$(supervisor) && [ "$new" != "$1" ] && /command/s6-svstat /run/service/svc >/dev/null 2>&1; do sleep 0.01; done; }
		until [ "$(pid 2>/dev/null)" -gt 1 ] 2>/dev/null; do sleep 0.01; done
		run=$(pid); old=$(supervisor)
		kill -KILL $old; replaced $old
		[ "$(pid)" = $run ] && echo same service
		kill -KILL $run; until new=$(pid) && [ $new -gt 1 ] && [ $new != $run ]; do sleep 0.01; done
		run=$new; old=$(supervisor)
		kill -STOP $old; kill -TERM $run; kill -KILL $old; replaced $old # it died while nobody looked
		until new=$(pid) && [ $new -gt 1 ] && [ $new != $run ]; do sleep 0.01; done
		until [ $(wc -l </tmp/log) = 3 ]; do sleep 0.01; done
		grep -v logger /tmp/starts | sort | uniq -c | sed 's/^ *//'; pgrep -cx cat; echo end; exec sleep 1000`)
	p.prints("end\n")
	p.stop()
	p.expect(0)
	const want = "same service\n1 finish 256 15\n1 finish 256 9\n3 run\n1\nend\n"
	if got := p.stdout.String(); got != want {
		t.Errorf("stdout %q, want %q\n%s", got, want, p.stderr.String())
	}
}

// Where the whole container is hermes', nothing in it can gain a privilege, unless the operator allows it.
func TestAStartAsHermesCanGainNothing(t *testing.T) {
	clause.Proves(t, "RUN-11")
	t.Parallel()
	for name, c := range map[string]struct{ variable, want string }{
		"as it is": {"X=1", "1 1\n"}, "allowed by the operator": {"HERMES_ALLOW_NEW_PRIVILEGES=1", "0 0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withHermes(t)
			b.entry.UID = 10000
			b.setenv(c.variable)
			p := b.run("sh", "-c", "echo $(sed -n 's/NoNewPrivs:.//p' /proc/1/status /proc/self/status)")
			p.expect(0)
			if got := p.stdout.String(); got != c.want {
				t.Errorf("no_new_privs of PID 1 and CMD: %q, want %q\n%s", got, c.want, p.stderr.String())
			}
		})
	}
}

// A supervisor that hermes stops during the boot costs its services, and not the main program.
func TestASilentSupervisorHoldsUpNoBoot(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	b := withHermes(t)
	b.setenv("S6_VERBOSITY=2")
	b.longrun("users", "exec sleep 1000", "account=hermes", "dependencies.d/base=")
	b.script("etc/cont-init.d/02", "pkill -STOP -f '^s6-svscan-user '")
	p := b.start(nil, "sh", "-c", "echo booted; exec sleep 1000")
	p.prints("booted\n")
	if !strings.Contains(p.stderr.String(), `cannot start "users": the user's supervisor does not answer`) {
		t.Errorf("the boot does not name it:\n%s", p.stderr.String())
	}
	p.stop()
	p.expect(0)
}
