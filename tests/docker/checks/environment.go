package checks

import (
	"context"
	"errors"
	"strings"

	"caduceus/tests/docker/harness"
)

// environmentChecks follow variables from docker run to where they are needed.
// contract: ENV-01 ENV-02 ENV-03 ENV-04 ENV-07 ENV-08 ENV-09 ENV-13
func environmentChecks() []Check {
	return append(scripts(idle(), environmentScripts()),
		Check{
			Name: "variables reach cont-init, services and the main program", Clauses: []string{"ENV-03", "ENV-04", "ENV-07"},
			Doc: "prints them at each place; one is added by a cont-init script", Run: variablesArrive,
		},
		Check{
			Name: "another HERMES_HOME is created, and HOME and logs follow it", Clauses: []string{"ENV-08", "ENV-09"},
			Doc: "boots with a HERMES_HOME whose parents do not exist", Run: otherHome,
		},
	)
}

func environmentScripts() []scripted {
	return []scripted{
		{
			clause: "ENV-01", name: "the environment directory is readable by hermes",
			script: `stat -c %a /run/s6/container_environment && test -r /run/s6/container_environment/PATH`, want: "755",
		},
		{
			clause: "ENV-01", name: "a variable's file holds its value and one newline",
			script: `od -An -c /run/s6/container_environment/CADUCEUS_PROBE | tr -s ' '`, want: `f r o m - e \n`,
		},
		{
			clause: "ENV-02", name: "with-contenv gives the container's environment and no other",
			script: `STRAY=1 /command/with-contenv env`, match: `(?m)^CADUCEUS_PROBE=from -e$`,
		},
		{
			clause: "ENV-02", name: "with-contenv drops what the container did not have",
			script: `STRAY=1 /command/with-contenv env | grep -q '^STRAY='`, code: 1,
		},
		{
			clause: "ENV-02", name: "with-contenv keeps a variable that is set but empty",
			script: `/command/with-contenv env | grep -x 'CADUCEUS_EMPTY='`,
		},
		{
			clause: "ENV-02", name: "S6_KEEP_ENV makes with-contenv transparent",
			script: `STRAY=1 S6_KEEP_ENV=1 /command/with-contenv env | grep -x 'STRAY=1'`,
		},
		{
			clause: "ENV-13", name: "hermes in the volume's .local/bin links to the image's",
			script: `readlink /opt/data/.local/bin/hermes`, want: "/opt/hermes/bin/hermes",
		},
		{
			clause: "ENV-13", name: "the gateway's lock directory belongs to hermes",
			script: `stat -c %U /opt/data/.local/state/hermes/gateway-locks`, want: "hermes",
		},
	}
}

func variablesArrive(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"sh", "-c", `echo "cmd X=$X ADDED=$ADDED HOME=$HOME VENV=$VIRTUAL_ENV PATH=$PATH"; exec sleep infinity`},
		Env: map[string]string{"X": "a b"},
		Files: []harness.File{
			script("/etc/cont-init.d/50-probe", `echo "init X=$X"; echo added >/run/s6/container_environment/ADDED`),
			{Path: "/etc/services.d/probe", Dir: true},
			script("/etc/services.d/probe/run", `echo "service X=$X ADDED=$ADDED PATH=$PATH"; exec sleep 98765`),
		},
	})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "cmd X=", bootLimit); err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "service X=", verbLimit); err != nil {
		return broken("ENV-03", err)
	}
	out, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for text, clause := range map[string]string{
		"init X=a b":                                           "ENV-03",
		"service X=a b ADDED=added":                            "ENV-03",
		"service X=a b ADDED=added PATH=/command:":             "ENV-04",
		"cmd X=a b ADDED=added":                                "ENV-03",
		"HOME=/opt/data VENV=/opt/hermes/.venv PATH=/command:": "ENV-07",
	} {
		if !strings.Contains(out, text) {
			errs = append(errs, violates(clause, "no %q in the output:\n%s", text, out))
		}
	}
	return errors.Join(errs...)
}

func otherHome(ctx context.Context, s *harness.Subject) error {
	const home = "/srv/not/yet/there"
	c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{"HERMES_HOME": home}})
	if err != nil {
		return broken("ENV-08", err)
	}
	res, err := c.Root(ctx, `stat -c %U `+home+` `+home+`/logs /srv/not && test -s `+home+`/logs/container-boot.log`)
	if err != nil {
		return err
	}
	var errs []error
	if res.Code != 0 || res.Output() != "hermes\nhermes\nroot" {
		errs = append(errs, violates("ENV-08", "want the home to be hermes', its parent root's and the boot log inside, got %s", res))
	}
	// As hermes: without CAP_SYS_PTRACE root cannot read it.
	res, err = c.Sh(ctx, `p=$(pgrep -fx 'sleep infinity' -P 1) && tr '\0' '\n' </proc/$p/environ | grep ^HOME=`)
	if err == nil && res.Output() != "HOME="+home {
		errs = append(errs, violates("ENV-09", "want HOME=%s for the main program, got %s", home, res))
	}
	return errors.Join(append(errs, err)...)
}
