package boot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/clause"
)

func TestExitCodeOfCmdIsTheContainers(t *testing.T) {
	clause.Proves(t, "BOOT-13", "FAULT-03", "SUP-76")
	t.Parallel()
	for cmd, want := range map[string]int{
		"exit 0": 0, "exit 1": 1, "exit 42": 42, "exit 100": 100, "exit 111": 111, "exit 126": 126, "exit 255": 255,
		"kill -TERM $$": 143, "kill -KILL $$": 137, "kill -INT $$": 130, "kill -SEGV $$": 139, "kill -USR1 $$": 138,
		"/missing": 127, "exec /etc": 126,
	} {
		t.Run(cmd, func(t *testing.T) {
			t.Parallel()
			newContainer(t).run("sh", "-c", cmd).expect(want)
		})
	}
}

func TestCmdThatCannotBeExecuted(t *testing.T) {
	clause.Proves(t, "BOOT-13", "SUP-76")
	t.Parallel()
	for name, c := range map[string]struct {
		argv []string
		want int
	}{
		"not in PATH":        {[]string{"no-such-program"}, 127},
		"no such file":       {[]string{"/no/such/file"}, 127},
		"file as directory":  {[]string{"/etc/plain/x"}, 127},
		"not executable":     {[]string{"/etc/plain"}, 126},
		"directory":          {[]string{"/etc"}, 126},
		"without header":     {[]string{"/etc/headerless", "7"}, 7},
		"missing interpeter": {[]string{"/etc/lost"}, 127},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.file("etc/plain", "", 0o644)
			b.file("etc/headerless", "exit $1\n", 0o755)
			b.file("etc/lost", "#!/no/such/interpreter\n", 0o755)
			b.run(c.argv...).expect(c.want)
		})
	}
}

func TestContInitOrderAndEnvironment(t *testing.T) {
	clause.Proves(t, "BOOT-02", "ENV-01", "ENV-02", "ENV-03", "ENV-04", "SUP-25", "SUP-63", "SUP-67")
	t.Parallel()
	b := newContainer(t).together()
	b.setenv("GREETING=hello world", "EMPTY=")
	b.script("etc/cont-init.d/10-b", `echo second; echo "bare [$GREETING] $(pwd)"; printf added >/run/s6/container_environment/ADDED`)
	b.script("etc/cont-init.d/01-a", `echo first; exit 3`)
	b.file("etc/cont-init.d/2-c", "#!/command/with-contenv sh\necho \"third [$GREETING] ${EMPTY-unset} $ADDED\"\n", 0o755)
	p := b.run("/command/with-contenv", "sh", "-c", `echo "cmd [$GREETING] $ADDED $PATH $(pwd)"`)
	p.expect(0)
	want := "first\nsecond\nbare [] /run/s6/workdir\nthird [hello world]  added\ncmd [hello world] added /command:/usr/bin:/bin /\n"
	if got := p.stdout.String(); got != want {
		t.Errorf("stdout %q, want %q", got, want)
	}
	for _, line := range []string{
		"cont-init: info: running /etc/cont-init.d/01-a\ncont-init: info: /etc/cont-init.d/01-a exited 3\n",
		"cont-init: info: /etc/cont-init.d/10-b exited 0\n",
	} {
		if !strings.Contains(p.stderr.String(), line) {
			t.Errorf("stderr lacks %q:\n%s", line, p.stderr.String())
		}
	}
}

func TestS6KeepEnvKeepsTheEnvironment(t *testing.T) {
	clause.Proves(t, "ENV-02")
	t.Parallel()
	b := newContainer(t)
	b.setenv("S6_KEEP_ENV=1", "X=kept")
	p := b.run("sh", "-c", `echo "$X"; /command/with-contenv sh -c 'echo "$X"'; ls -d /run/s6/container_environment`)
	if p.wait(); p.stdout.String() != "kept\nkept\n" {
		t.Errorf("stdout %q", p.stdout.String())
	}
}

func TestFailingScriptStopsTheBootOnlyIfAsked(t *testing.T) {
	clause.Proves(t, "BOOT-04")
	t.Parallel()
	for name, c := range map[string]struct {
		env  []string
		want int
		out  string
	}{
		"by default":           {nil, 0, "cmd\n"},
		"warned":               {[]string{"S6_BEHAVIOUR_IF_STAGE2_FAILS=1"}, 0, "cmd\n"},
		"asked":                {[]string{"S6_BEHAVIOUR_IF_STAGE2_FAILS=2"}, 1, ""},
		"asked, hook":          {[]string{"S6_BEHAVIOUR_IF_STAGE2_FAILS=2", "S6_STAGE2_HOOK=/etc/hook 9"}, 9, ""},
		"asked, out of time":   {[]string{"S6_BEHAVIOUR_IF_STAGE2_FAILS=2", "S6_CMD_WAIT_FOR_SERVICES_MAXTIME=50", "SLOW=1"}, 2, ""},
		"set by hook":          {[]string{"S6_STAGE2_HOOK=/etc/late"}, 1, ""},
		"out of time, go on":   {[]string{"S6_CMD_WAIT_FOR_SERVICES_MAXTIME=50", "SLOW=1"}, 0, "cmd\n"},
		"missing hook, go on":  {[]string{"S6_STAGE2_HOOK=/no/hook"}, 0, "cmd\n"},
		"missing hook, do not": {[]string{"S6_STAGE2_HOOK=/no/hook", "S6_BEHAVIOUR_IF_STAGE2_FAILS=2"}, 127, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.setenv(c.env...)
			b.script("etc/hook", "exit $1")
			b.script("etc/late", "echo 2 >/run/s6/container_environment/S6_BEHAVIOUR_IF_STAGE2_FAILS")
			b.file("etc/cont-init.d/01", "#!/command/with-contenv sh\n[ -z \"$SLOW\" ] || exec sleep 30\nexit 3\n", 0o755)
			p := b.run("echo", "cmd")
			p.expect(c.want)
			if got := p.stdout.String(); got != c.out {
				t.Errorf("stdout %q, want %q", got, c.out)
			}
		})
	}
}

func TestTheAgentFindsWhatItProbes(t *testing.T) {
	clause.Proves(t, "BOOT-06", "BOOT-07", "ENV-12", "SUP-61")
	t.Parallel()
	b := newContainer(t).together()
	b.longrun("svc", "exec sleep 1000")
	b.script("etc/cont-init.d/01", "ls -d /run/s6-rc/servicedirs/svc/supervise /run/s6-rc/servicedirs/svc/event")
	p := b.run("/bin/sh", "-c", `cat /proc/1/comm; tr '\0' ' ' </proc/1/cmdline; echo; ls -d /run/s6/basedir /run/.containerenv;
		ls /run/service/.s6-svscan; cat /run/s6-linux-init-container-results/exitcode; readlink /run/s6/basedir/bin/halt; echo $PPID`)
	p.expect(0)
	for _, want := range []string{
		"/run/s6-rc/servicedirs/svc/event\n/run/s6-rc/servicedirs/svc/supervise\n", "s6-svscan\n/init /bin/sh -c cat",
		"/run/.containerenv\n/run/s6/basedir\n", "control\nlock\n0\n/init\n1\n",
	} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, p.stdout.String())
		}
	}
}

func TestBootScriptsReadTheWordsOfCmd(t *testing.T) {
	clause.Proves(t, "BOOT-06", "SUP-61")
	t.Parallel()
	for uid, owner := range map[int]string{0: "0 644\n", 10000: "10000 644\n"} {
		b := newContainer(t).together()
		b.entry.UID = uid
		b.script("etc/cont-init.d/01", `stat -c '%u %a' /run/s6/container_command; tr '\0' '\n' </run/s6/container_command`)
		p := b.run("-g", "--", "echo", "two words", "")
		p.expect(0)
		if got := p.stdout.String(); got != owner+"echo\ntwo words\n\ntwo words \n" {
			t.Errorf("uid %d: stdout %q", uid, got)
		}
	}
}

func TestWithoutCmdTheContainerRunsUntilItIsStopped(t *testing.T) {
	clause.Proves(t, "BOOT-15")
	t.Parallel()
	b := newContainer(t).together()
	b.logLimits()
	b.script("etc/cont-init.d/01", "echo ready")
	p := b.start(nil)
	p.prints("ready")
	p.stop()
	p.expect(0)
	p.reached()
}

func TestOrphansAreReaped(t *testing.T) {
	clause.Proves(t, "BOOT-14", "FAULT-01")
	t.Parallel()
	b := newContainer(t)
	p := b.start(nil, "sh", "-c", `i=0; while [ $i -lt 1000 ]; do (sleep 0 &); i=$((i+1)); done; echo spawned; exec sleep 1000`)
	p.prints("spawned")
	p.until("CMD as the only child", func() bool {
		var children []string // of each thread that made some
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
		for _, file := range files {
			pids, _ := os.ReadFile(file)
			children = append(children, strings.Fields(string(pids))...)
		}
		return len(children) == 1
	})
	p.stop()
	p.expect(0)
}

func TestSomeSignalsEndTheContainerAndOthersDoNot(t *testing.T) {
	clause.Proves(t, "SUP-58")
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPWR, syscall.SIGABRT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := newContainer(t).start(nil, "sh", "-c", "echo up; exec sleep 1000")
			p.prints("up")
			for _, harmless := range []syscall.Signal{syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGALRM, syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGPIPE} {
				p.signal(harmless)
			}
			p.signal(sig)
			p.expect(0)
		})
	}
}
