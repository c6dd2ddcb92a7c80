package boot_test

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestAppletsBehaveAsTheirOriginals(t *testing.T) {
	clause.Proves(t, "ENV-02", "SUP-01", "SUP-63")
	t.Parallel()
	for name, c := range map[string]struct {
		script, stdout string
		stderr         string
	}{
		"with-contenv drops all but PATH": {`X=1 /command/with-contenv sh -c 'echo "$X $KEPT"'`, " value\n", ""},
		"with-contenv: files beat PATH":   {`printf /other >/run/s6/container_environment/PATH; /command/with-contenv /bin/sh -c 'echo $PATH'`, "/other\n", ""},
		"with-contenv: empty file unsets": {`: >/run/s6/container_environment/KEPT; /command/with-contenv sh -c 'echo "${KEPT-unset}"'`, "unset\n", ""},
		"with-contenv: lone newline":      {`echo >/run/s6/container_environment/KEPT; /command/with-contenv sh -c 'echo "[${KEPT-unset}]"'`, "[]\n", ""},
		"with-contenv: a directory":       {`mkdir /run/s6/container_environment/D; /command/with-contenv echo ok`, "ok\n", "with-contenv: warning: "},
		"with-contenv: not found":         {`/command/with-contenv nowhere; echo $?`, "127\n", `cannot execute "nowhere"`},
		"with-contenv: not executable":    {`/command/with-contenv /etc; echo $?`, "126\n", `cannot execute "/etc"`},
		"with-contenv: no program":        {`/command/with-contenv; echo $?`, "100\n", "usage"},
		"with-contenv: no environment":    {`rm -r /run/s6/container_environment; /command/with-contenv true; echo $?`, "111\n", "cannot read environment"},
		"printcontenv NAME":               {`/command/printcontenv KEPT; /command/printcontenv NONE; echo $?`, "value\n1\n", ""},
		"printcontenv":                    {`/command/printcontenv | grep -v GORACE`, "KEPT=value\nPATH=/command:/usr/bin:/bin\nS6_VERBOSITY=1\n", ""},
		"s6-sleep":                        {`/command/s6-sleep -m 10; echo $?; /command/s6-sleep 0; echo $?; /command/s6-sleep x; echo $?`, "0\n0\n100\n", "usage"},
		"s6-svstat":                       {`/command/s6-svstat /nowhere; echo $?`, "1\n", "s6-supervise not running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newContainer(t)
			b.setenv("KEPT=value", "S6_VERBOSITY=1")
			p := b.run("sh", "-c", c.script)
			p.expect(0)
			if got := p.stdout.String(); got != c.stdout {
				t.Errorf("stdout %q, want %q", got, c.stdout)
			}
			if got := p.stderr.String(); !strings.Contains(got, c.stderr) || (c.stderr == "" && got != "") {
				t.Errorf("stderr %q, want %q in it", got, c.stderr)
			}
		})
	}
}

func TestHaltNeedsAnInit(t *testing.T) {
	clause.Proves(t, "SUP-61")
	t.Parallel()
	b := newContainer(t)
	b.setenv("S6_VERBOSITY=1")
	p := b.run("sh", "-c", `rm /run/service/.s6-svscan/control; /run/s6/basedir/bin/poweroff; echo $?`)
	if p.wait(); p.stdout.String() != "111\n" || !strings.HasPrefix(p.stderr.String(), "halt: fatal: cannot send") {
		t.Errorf("stdout %q, stderr %q", p.stdout.String(), p.stderr.String())
	}
}
