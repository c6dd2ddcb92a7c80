//go:build docker

package mutants

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/killmatrix"
	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
	"caduceus/tests/mutant"
)

// onlySleeps makes the slot main-hermes do nothing but be up.
const onlySleeps = `RUN printf '#!/bin/sh\nexec s6-setuidgid hermes sleep 98765\n' >/etc/s6-overlay/s6-rc.d/main-hermes/run`

// Main programs and boots that calamities end.
const (
	endsForGood = ` && printf '#!/bin/sh\nexit 125\n' >finish && chmod 755 finish`
	writesOn    = `RUN cd /etc/s6-overlay/s6-rc.d/main-hermes && printf '#!/bin/sh\nwhile echo x >/opt/data/.beat$n; do n=$((n+1)); sleep 0.2; done\n' >run` + endsForGood
	talksOn     = `RUN cd /etc/s6-overlay/s6-rc.d/main-hermes && printf '#!/usr/bin/perl\nuse Fcntl; fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK);\n` +
		`while (syswrite STDOUT, "tick\\n") { select undef, undef, undef, 0.01 }\n' >run` + endsForGood
	stopsTheBoot = "ENV S6_BEHAVIOUR_IF_STAGE2_FAILS=2\n"
	wantsAlone   = stopsTheBoot + `RUN cd /etc/cont-init.d && printf '#!/bin/sh\nmkdir /opt/data/.mine\n' >00-mine && chmod 755 00-mine`
	wantsState   = stopsTheBoot + `RUN cd /etc/cont-init.d && printf '#!/bin/sh\nf=/opt/data/gateway_state.json\n[ ! -e $f ] || python3 -m json.tool $f >/dev/null\n' ` +
		`>03-state && chmod 755 03-state`
)

// undiverted tells dpkg no more to put Debian's SQLite elsewhere.
const undiverted = `RUN dpkg-divert --list '*sqlite*' | cut -d' ' -f4 | while read -r file; do dpkg-divert --no-rename --remove "$file"; done`

// fileMutants take away or change one file of the image each.
func fileMutants() []brokenImage {
	root := func(line string) string { return "USER root\n" + line }
	return []brokenImage{
		{
			name: "no reconciler", dockerfile: root("RUN rm /etc/cont-init.d/02-reconcile-profiles"),
			red: checks.ReconcileCheck, clause: "STATE-09", green: exitsCheck,
		},
		{
			name: "no setup", dockerfile: root("RUN rm /etc/cont-init.d/01-hermes-setup"),
			red: "a fresh volume gets .env, config.yaml and SOUL.md", clause: "SETUP-19", green: labelCheck,
		},
		{
			name: "a wrapper that swallows exit codes", dockerfile: root(`RUN sed -i 's/^exec \(.*\)/\1; exit 0/' /opt/hermes/docker/main-wrapper.sh`),
			red: exitsCheck, clause: "BOOT-13", green: "a program on the PATH runs with its arguments",
		},
		{
			name: "a file that everybody may write", dockerfile: root("RUN chmod o+w /opt/hermes/LICENSE"),
			red: "only root can write to the install tree", clause: "IMG-12", green: exitsCheck,
		},
		{
			name: "a dashboard nobody asked for", dockerfile: root(`RUN sed -i '2i export HERMES_DASHBOARD=1' /opt/hermes/docker/s6-rc.d/dashboard/run`),
			red: "HERMES_DASHBOARD=on is not true", clause: "DASH-01", green: exitsCheck,
		},
		{
			name: "another entry point", dockerfile: `ENTRYPOINT ["/usr/bin/tini", "--"]`,
			red: "the entry point is init and wrapper, without command and user", clause: "IMG-01", green: exitsCheck,
		},
		{
			name: "an entry point that boots for the doctor", dockerfile: `ENTRYPOINT ["/init", "/opt/hermes/docker/main-wrapper.sh", "env"]`,
			red: checks.AloneCheck, clause: "STATUS-05", green: exitsCheck,
		},
		{
			name: "a holder that holds nothing", dockerfile: root(`RUN printf '#!/bin/sh\necho >&3\nexec sleep 98765\n' >/etc/s6-overlay/s6-rc.d/volume-holder/run`),
			red: checks.SecondContainerCheck, clause: "RUN-10", green: exitsCheck,
		},
		{
			name: "a boot that touches a file", dockerfile: root(`RUN printf '#!/bin/sh\ntouch /opt/data/SOUL.md\n' >/etc/cont-init.d/03-touch && chmod 755 /etc/cont-init.d/03-touch`),
			red: checks.UnchangedCheck, clause: "SETUP-46", green: exitsCheck,
		},
		{
			name: "a service that a full disk ends", dockerfile: root(writesOn),
			red: checks.DiskCheck, clause: "LOG-07", green: exitsCheck,
		},
		{
			name: "a service that ends where its output has to wait", dockerfile: root(talksOn),
			red: checks.FloodsCheck, clause: "BOOT-14", green: exitsCheck,
		},
		{
			name: "a boot that wants the volume for itself", dockerfile: root(wantsAlone),
			red: checks.TogetherCheck, clause: "HOLD-03", green: exitsCheck,
		},
		{
			name: "a boot that ends at a state it cannot read", dockerfile: root(wantsState),
			red: checks.ForeignCheck, clause: "REC-06", green: exitsCheck,
		},
		{
			name: "a main-hermes that follows nothing", dockerfile: root(onlySleeps),
			red: checks.FollowCheck, clause: "PROF-05", green: exitsCheck,
		},
		{
			name: "a setup that evaluates a variable", dockerfile: root(`RUN sed -i 's/^exec/eval ": $HERMES_UID"; exec/' /opt/hermes/docker/stage2-hook.sh`),
			red: checks.HostileCheck, clause: "ENV-11", green: exitsCheck,
		},
		{
			name: "a slow s6-svstat", dockerfile: root(`RUN rm /command/s6-svstat && printf '#!/bin/sh\nsleep 6\n' >/command/s6-svstat && chmod 755 /command/s6-svstat`),
			red: checks.ToolTimeCheck, clause: "AGT-03", green: exitsCheck,
		},
		{
			name:       "a Python of root's that looks on the volume",
			dockerfile: root(`RUN sed -i 's/if 0 in (uid, os.getuid()) or /if /; s/if owner == uid:/if True:/' /opt/hermes/libexec/container_env.py`),
			red:        checks.PipCheck, clause: "TOOL-18", green: exitsCheck,
		},
		{
			name: "an ssh that knows no HOME", dockerfile: root("RUN rm /etc/ssh/ssh_config.d/hermes-home.conf"),
			red: checks.SSHCheck, clause: "TOOL-20", green: exitsCheck,
		},
		{
			name: "a list of what belongs to one gateway that lacks a bot", dockerfile: root("RUN sed -i 's/^DISCORD_BOT_TOKEN$/DISCORD_BOT/' /opt/hermes/libexec/one-gateway"),
			red: checks.PlatformsCheck, clause: "INH-02", green: exitsCheck,
		},
		{
			name: "accounts that programs look for in /etc alone", dockerfile: root("RUN sed -i 's/ cache$//' /etc/nsswitch.conf"),
			red: "the user has an account where programs look: a small uid", clause: "WHO-04", green: exitsCheck,
		},
		{
			name: "no browser", dockerfile: root("RUN rm -r /opt/hermes/.playwright"),
			red: "agent-browser saves a screenshot of a page on loopback, as hermes", clause: "TOOL-06", green: exitsCheck,
		},
		{
			name: "Debian's SQLite",
			dockerfile: root(undiverted + " && rm /usr/local/lib/*/libsqlite3.so.0 && " +
				"apt-get -q update && apt-get -qy install --reinstall libsqlite3-0"),
			red: checks.SQLiteCheck, clause: "BELOW-01", green: exitsCheck,
		},
		{
			name: "a dpkg that is not told of SQLite", dockerfile: root(undiverted),
			red: checks.UpgradeCheck, clause: "BELOW-02", green: exitsCheck,
		},
	}
}

// imageMutants are the images with one thing broken each.
func imageMutants() []brokenImage { return slices.Concat(frontMutants(), initMutants(), fileMutants()) }

// TestImages proves for each family of checks that it can fail: the named check turns red on the
// broken image and says which clause it found broken.
func TestImages(t *testing.T) {
	t.Parallel()
	programs, err := mutant.NewBuilder("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range imageMutants() {
		c, err := checks.Named(m.red)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if c.Full {
				engine.NeedsFull(t, "that "+m.red)
			}
			clause.Proves(t, m.clause)
			killmatrix.Record(t, killmatrix.Mutant{Of: m.of(), Fault: m.name, Sees: m.red, Names: m.clause})
			image := m.build(t, programs)
			red := m.run(t, image, m.red)
			if !slices.Contains(checks.Violations(red), m.clause) {
				t.Errorf("want check %q to name %s as broken, got: %v", m.red, m.clause, red)
			}
			t.Logf("red as it must be: %s", redLine(red, m.clause))
			if err := m.run(t, image, m.green); err != nil {
				t.Errorf("the mutant breaks more than it should: %q fails, too: %v", m.green, err)
			}
		})
	}
}

// of says what has the fault.
func (m brokenImage) of() string {
	switch {
	case len(m.init) > 0:
		return "init"
	case len(m.edits) > 0:
		return "front"
	}
	return "image"
}

func (m brokenImage) run(t *testing.T, image, name string) error {
	t.Helper()
	c, err := checks.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(engine.Interrupted, checkLimit)
	defer stop()
	s := engine.Subject(image)
	defer func() {
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	return c.Run(ctx, s)
}

// build makes the image, with programs built from the edited source where there are edits.
func (m brokenImage) build(t *testing.T, programs *mutant.Builder) string {
	t.Helper()
	var files []harness.File
	for name, p := range map[string]mutant.Program{
		"hermes": {Package: "./cmd/hermes", Edits: m.edits},
		"init":   {Package: "./cmd/hermes-init", Edits: m.init},
	} {
		if len(p.Edits) == 0 {
			continue
		}
		tested, err := engine.InspectImage(t.Context(), engine.Image())
		if err != nil {
			t.Fatal(err)
		}
		p.Arch = tested.Architecture
		path, err := programs.Build(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, harness.File{Path: name, Mode: 0o755, Content: string(content)})
	}
	image, err := engine.Subject("").Derive(t.Context(), m.dockerfile, files...)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// redLine is the line of err that begins with the clause.
func redLine(err error, clause string) string {
	for line := range strings.Lines(fmt.Sprint(err)) {
		if strings.HasPrefix(line, clause) {
			return strings.TrimSpace(line)
		}
	}
	return "nothing of " + clause
}
