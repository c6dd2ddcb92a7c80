package checks

import (
	"context"
	_ "embed" // variables.txt
	"errors"
	"maps"
	"slices"
	"strings"

	"caduceus/tests/docker/harness"
)

// HostileCheck is the one about shell metacharacters.
const HostileCheck = "every variable with shell metacharacters: nothing runs, nothing is lost"

// hostile is a value that every variable gets at once.
type hostile struct {
	name, value string
	named       bool // it lies in no domain: each variable that has one is named
	absolute    bool // only paths get it, and they are used as they are
}

func hostiles() []hostile {
	return []hostile{
		{name: "every variable empty: as if unset"},
		{name: "every variable with garbage: ignored and named", value: "garbage \x01\xff é", named: true},
		{name: HostileCheck, value: "x;touch /tmp/ran $(touch /tmp/ran) `touch /tmp/ran` \" ' | touch /tmp/ran & touch /tmp/ran", named: true},
		{name: "every variable with newlines: nothing runs, nothing is lost", value: "1\ntouch /tmp/ran\nHERMES_UID=0\n", named: true},
		{name: "every variable with ../ in it: ignored and named", value: "../../../../etc", named: true},
		{name: "every variable huge: ignored and named, in short lines", value: strings.Repeat("A", 15000), named: true},
		{name: "every path leads to /etc by ../: the system's files stay root's", value: "/opt/data/../../etc", absolute: true},
		{name: "every path has blanks and metacharacters: it is used as it is", value: "/opt/data/a b;$(touch /tmp/ran)`touch /tmp/ran`'\"", absolute: true},
	}
}

// commands are variables whose value is a command by their meaning.
func commands() []string {
	return []string{"S6_CMD_ARG0", "S6_STAGE2_HOOK", "HERMES_TINI_SHIM_TARGET", "HERMES_TINI_SHIM_WRAPPER"}
}

// variable is one that a container may be given.
type variable struct {
	name   string
	path   bool // its value is a path
	judged bool // the boot names it where it ignores its value
}

//go:embed variables.txt
var variablesText string

func variables() []variable {
	var list []variable
	for line := range strings.Lines(variablesText) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" {
			list = append(list, variable{name: f[0], path: slices.Contains(f, "path"), judged: slices.Contains(f, "judged")})
		}
	}
	return list
}

// settable are the variables that may have any value.
func settable() []variable {
	return slices.DeleteFunc(variables(), func(v variable) bool { return slices.Contains(commands(), v.name) })
}

// hostileChecks set variables to values that nobody means.
// contract: ENV-11
func hostileChecks() []Check {
	list := []Check{{
		Name: "a dashboard's hostile host and port are ignored and named", Clauses: []string{"ENV-11"},
		Doc: "boots with HERMES_DASHBOARD=1", Run: hostileDashboard,
	}}
	for _, h := range hostiles() {
		list = append(list, Check{
			Name: h.name, Clauses: []string{"ENV-11"}, Doc: "boots on a volume with a past with all of them set at once", Run: h.run,
		})
	}
	return list
}

func (h hostile) run(ctx context.Context, s *harness.Subject) error {
	vars := settable()
	if h.absolute {
		vars = slices.DeleteFunc(vars, func(v variable) bool { return !v.path })
	}
	past := map[string]string{".env": "KEPT=1\n", "SOUL.md": "kept\n", "sessions/kept": "kept\n", "gateway_state.json": `{"gateway_state":"stopped","kept":1}`}
	if !h.named { // a hostile HERMES_AUTH_JSON_BOOTSTRAP must not be in the way of a good one
		past["auth.json"] = `{"kept":1}`
	}
	spec := harness.Spec{Env: map[string]string{}, Cmd: []string{"sh", "-c", "echo booted; " + integrity + "exit 42"}}
	for _, v := range vars {
		spec.Env[v.name] = h.value
	}
	spec.Files = []harness.File{harness.File{Path: "/opt/data/sessions", Dir: true}.Hermes()}
	for _, name := range slices.Sorted(maps.Keys(past)) {
		spec.Files = append(spec.Files, harness.File{Path: "/opt/data/" + name, Content: past[name]}.Hermes())
		spec.Cmd[2] = "grep -q -e kept -e KEPT /opt/data/" + name + " || echo LOST " + name + "; " + spec.Cmd[2]
	}
	code, out, errs, err := run(ctx, s, spec)
	if err != nil {
		return err
	}
	if code != 42 || !strings.Contains(out, "booted\n") || strings.Contains(out, "LOST") || strings.Contains(out, "BROKEN") {
		return violates("ENV-11", "want exit code 42 and nothing lost or broken, got %d and:\n%s%s", code, out, errs)
	}
	var all []error
	for line := range strings.Lines(out + errs) {
		if len(line) > 2000 {
			all = append(all, violates("ENV-11", "a line of %d bytes: %.200s…", len(line), line))
		}
	}
	for _, v := range vars {
		if h.named && v.judged && !strings.Contains(out+errs, v.name) {
			all = append(all, violates("ENV-11", "%s is not named:\n%s%s", v.name, out, errs))
		}
	}
	return errors.Join(all...)
}

// integrity prints a line for each thing that a value has done and must not. Of /run/s6, PID 1 is the owner, whoever that is.
const integrity = `ls /tmp/ran /ran /opt/hermes/ran 2>/dev/null && echo BROKEN: it ran
for d in / /etc /usr /bin /opt /opt/hermes; do test "$(stat -Lc %u $d)" = 0 || echo BROKEN: owner of $d; done
test "$(stat -Lc %u /run/s6)" = "$(sed -n 's/^Uid:\t\([0-9]*\)\t.*/\1/p' /proc/1/status)" || echo BROKEN: owner of /run/s6
ls -d /etc/config.yaml /etc/.env /etc/gateway-default 2>/dev/null && echo BROKEN: seeded into /etc
test "$(getent passwd hermes | cut -d: -f3,4)" = 10000:10000 && test "$(id -u)" = 10000 || echo BROKEN: identity
grep -qx 'root:x:0:0:root:/root:/bin/bash' /etc/passwd || echo BROKEN: passwd
case "$HERMES_HOME" in /*) ;; *) echo "BROKEN: HERMES_HOME=$HERMES_HOME" ;; esac
`

func hostileDashboard(ctx context.Context, s *harness.Subject) error {
	const value = "x;touch /tmp/ran $(touch /tmp/ran)\n--insecure"
	c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{
		"HERMES_DASHBOARD": "1", "HERMES_DASHBOARD_HOST": value, "HERMES_DASHBOARD_PORT": value,
	}})
	if err != nil {
		return err
	}
	for _, name := range []string{"HERMES_DASHBOARD_HOST", "HERMES_DASHBOARD_PORT"} {
		if err := c.WaitLog(ctx, "ignoring "+name+"=", bootLimit); err != nil {
			return broken("ENV-11", err)
		}
	}
	_, err = c.WaitProcess(ctx, `hermes dashboard --host 127\.0\.0\.1 --port 9119 --no-open$`, 0, bootLimit)
	return errors.Join(broken("ENV-11", err), expectSh(ctx, c, "ENV-11", "! test -e /tmp/ran"))
}
