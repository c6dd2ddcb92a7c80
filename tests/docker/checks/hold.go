package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"caduceus/tests/docker/harness"
)

// Checks that a mutant names.
const (
	HolderCheck     = "while a container has the gateways of a volume, another one starts none, says so, and leaves the files alone"
	SetupTurnsCheck = "boots set a volume up one after the other"
	ForgedHoldCheck = "no lock of hermes keeps a gateway from its start"
)

// heldExit is the exit code of what another container has.
const heldExit = 69

// holdChecks run several containers on one volume.
// contract: HOLD-01 HOLD-02 HOLD-03 HOLD-04 RUN-10 LOG-05
func holdChecks() []Check {
	return []Check{
		{
			Name: HolderCheck, Clauses: []string{"HOLD-01", "HOLD-02", "RUN-10", "LOG-05"},
			Doc: "a gateway; beside it an idle container, a dashboard, gateway run in three ways, and all verbs; then the gateway's container is killed",
			Run: beside,
		},
		{
			Name: "a chat holds nothing, and a stopped gateway gives its volume up", Clauses: []string{"HOLD-01", "LOG-05"},
			Doc: "an idle container first, a gateway beside it; then gateway stop there, and gateway start here", Run: handOver,
		},
		{
			Name: SetupTurnsCheck, Clauses: []string{"HOLD-03"},
			Doc: "a boot while root has the lock of a setup; then two first boots at the same moment", Run: setupTurns,
		},
		{
			Name: ForgedHoldCheck, Clauses: []string{"HOLD-04"},
			Doc: "gateway run beside a container in which hermes locks, exchanges and removes the file", Run: forgedHold,
		},
		{
			Name: "HERMES_ALLOW_SHARED_VOLUME starts a second gateway, whose logger goes on without the log file", Clauses: []string{"HOLD-02", "LOG-05"},
			Doc: "runs two gateways on one volume", Run: twoLoggers,
		},
	}
}

// sharing starts a container with a gateway on a volume of its own, and returns how to start others there.
func sharing(ctx context.Context, s *harness.Subject) (*harness.Container, harness.Spec, error) {
	volume, err := s.Volume(ctx)
	if err != nil {
		return nil, harness.Spec{}, err
	}
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}
	first, err := startGateway(ctx, s, spec)
	return first, spec, err
}

// heldLine is the sentence of what is refused.
func heldLine(holder *harness.Container) string { return "run in another container, " + holder.ID[:12] }

// refused runs a container to its end, which must be that of one that another one keeps out.
func refused(ctx context.Context, s *harness.Subject, spec harness.Spec, holder *harness.Container) error {
	c, err := s.Start(ctx, spec)
	if err != nil {
		return err
	}
	end, err := c.Wait(ctx, bootLimit)
	if err != nil {
		return broken("HOLD-02", err) // it goes on
	}
	out, errs, err := c.Logs(ctx)
	if err == nil && (end.Code != heldExit || !strings.Contains(errs, heldLine(holder)) || !strings.Contains(errs, "HERMES_ALLOW_SHARED_VOLUME=1")) {
		err = violates("HOLD-02", "%q as %q: want exit code %d and a sentence about %s with the variable, got %d:\n%s%s",
			spec.Cmd, spec.User, heldExit, holder.ID[:12], end.Code, out, errs)
	}
	return err
}

// besideListing is every entry of the volume with what a boot could change; what a running gateway writes is left out.
const besideListing = `cd /opt/data && find . -path ./logs -prune -o -path ./sessions -prune -o -type f \( -name '*.db*' -o -name 'gateway*' -o -name 'processes.json' \) -prune -o ` +
	`-type f -printf '%p %u %m %T@\n' | sort`

func beside(ctx context.Context, s *harness.Subject) error {
	a, spec, err := sharing(ctx, s)
	if err != nil {
		return err
	}
	// Things to mend, migrate and seed: none of it is another container's business.
	if _, err := a.Root(ctx, `cd /opt/data && touch memories/roots && printf '_config_version: 1\nmodel: probe/model\n' >config.yaml && chmod 666 config.yaml && rm SOUL.md`); err != nil {
		return err
	}
	if res, err := a.Hermes(ctx, "profile", "create", "theirs"); err != nil || res.Code != 0 {
		return errors.Join(err, broken("PROF-01", errors.New(res.String())))
	}
	before, err := a.Root(ctx, besideListing)
	if err != nil {
		return err
	}
	b, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	var errs []error
	after, err := a.Root(ctx, besideListing)
	if err != nil {
		return err
	}
	if before.Stdout != after.Stdout {
		errs = append(errs, violates("HOLD-02", "the second boot changed files:\n%s\nbefore:\n%s", after.Stdout, before.Stdout))
	}
	out, err := b.AllLogs(ctx)
	if err != nil {
		return err
	}
	if says := "/opt/data is in use by another running container, " + a.ID[:12]; strings.Count(out, says) != 1 || strings.Count(out, a.ID[:12]) != 1 {
		errs = append(errs, violates("RUN-10", "want %q once:\n%s", says, out))
	}
	for _, spec := range []harness.Spec{
		{Volumes: spec.Volumes, Cmd: []string{"gateway", "run"}},
		{Volumes: spec.Volumes, Cmd: []string{"gateway", "run", "--no-supervise"}},
		{Volumes: spec.Volumes, Cmd: []string{"gateway", "run"}, User: "10000:10000"},
	} {
		if err := refused(ctx, s, spec, a); err != nil {
			return errors.Join(append(errs, err)...) // what was not refused has the gateways now
		}
	}
	dashboard, err := s.Start(ctx, harness.Spec{Volumes: spec.Volumes, Cmd: []string{"dashboard", "--no-open"}})
	if err != nil {
		return err
	}
	if err := dashboard.WaitLog(ctx, "reconcile: skipping", bootLimit); err != nil {
		return err
	}
	errs = append(errs, namesHolder(ctx, a, b), namesHolder(ctx, a, dashboard))
	if err := errors.Join(append(errs, slotElsewhere(ctx, b))...); err != nil {
		return err
	}
	return takesOver(ctx, a, b)
}

// namesHolder asks a container without the gateways about them.
func namesHolder(ctx context.Context, holder, c *harness.Container) error {
	var errs []error
	for _, verb := range []string{"start", "stop", "restart", "stop --all"} {
		res, err := c.Hermes(ctx, append([]string{"gateway"}, strings.Fields(verb)...)...)
		if err == nil && (res.Code != heldExit || !strings.Contains(res.Stdout, heldLine(holder)) || !strings.Contains(res.Stdout, "docker exec "+holder.ID[:12]+" hermes gateway "+verb)) {
			err = violates("HOLD-02", "gateway %s: want exit code %d and %q, got %s", verb, heldExit, heldLine(holder), res)
		}
		errs = append(errs, err)
	}
	for _, words := range []string{"gateway status", "gateway status --json", "status", "container doctor"} {
		res, err := c.Hermes(ctx, strings.Fields(words)...)
		if err == nil && !strings.Contains(res.Stdout, holder.ID[:12]) {
			err = violates("HOLD-02", "%s does not name %s: %s", words, holder.ID[:12], res)
		}
		errs = append(errs, err)
	}
	for _, words := range []string{"profile delete theirs --yes", "profile rename theirs mine"} {
		res, err := c.Hermes(ctx, strings.Fields(words)...)
		if err == nil && (res.Code != heldExit || !strings.Contains(res.Stderr, heldLine(holder)) || !strings.Contains(res.Stderr, holder.ID[:12]+" hermes "+words)) {
			err = violates("HOLD-02", "%s: want exit code %d and %q, got %s", words, heldExit, heldLine(holder), res)
		}
		errs = append(errs, err)
	}
	errs = append(errs, expectSh(ctx, holder, "HOLD-02", `test -d /opt/data/profiles/theirs && ! test -e /opt/data/profiles/mine`))
	return errors.Join(append(errs, expectSh(ctx, holder, "HOLD-02", `/command/s6-svstat -o wantedup /run/service/gateway-default | grep -qx true && grep -q '"want":"up"' /opt/data/.gateway_intent.json`))...)
}

// slotElsewhere starts a slot past all verbs.
func slotElsewhere(ctx context.Context, c *harness.Container) error {
	if err := expectSh(ctx, c, "HOLD-02", `/command/s6-svc -u /run/service/gateway-default`); err != nil {
		return err
	}
	_, err := c.WaitSh(ctx, "end of the slot", fmt.Sprintf(`[ "$(/command/s6-svstat -o up,wantedup,exitcode /run/service/gateway-default)" = "false false %d" ]`, heldExit), verbLimit)
	return broken("HOLD-02", err)
}

// takesOver kills the holder and starts the gateway in another container, with its log.
func takesOver(ctx context.Context, holder, c *harness.Container) error {
	if err := holder.Remove(ctx); err != nil {
		return err
	}
	if err := quiet(ctx, c, "gateway", "start"); err != nil {
		return err
	}
	if err := recordedRunning(ctx, c, "/opt/data"); err != nil {
		return broken("HOLD-01", err)
	}
	_, err := c.WaitSh(ctx, "lock of the new holder", `grep -q "$(hostname)" /opt/data/.container.lock`, verbLimit)
	_, logErr := c.WaitSh(ctx, "log file of the new holder", logsToFile, verbLimit)
	return errors.Join(broken("HOLD-01", err), broken("LOG-05", logErr))
}

// logsToFile looks whether the default gateway's logger has its file.
const logsToFile = `tr '\0' ' ' <"/proc/$(/command/s6-svstat -o pid /run/service/gateway-default/log)/cmdline" | grep -q logs/gateways/default`

func handOver(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}
	chat, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	a, err := startGateway(ctx, s, spec)
	if err != nil {
		return broken("HOLD-01", err)
	}
	_, err = a.WaitSh(ctx, "log file of the gateway", logsToFile, verbLimit)
	errs := []error{broken("LOG-05", err)}
	for _, c := range []*harness.Container{chat, a} {
		if out, err := c.AllLogs(ctx); err != nil || strings.Contains(out, "another running container") || strings.Contains(out, "locked by another") {
			errs = append(errs, violates("HOLD-01", "want no word of another container (%v):\n%s", err, out))
		}
	}
	if err := errors.Join(append(errs, quiet(ctx, a, "gateway", "stop"))...); err != nil {
		return err
	}
	if _, err := a.WaitSh(ctx, "end of the hold", `/command/s6-svstat -o up /run/service/volume-holder | grep -qx false`, bootLimit); err != nil {
		return broken("HOLD-01", err)
	}
	if err := quiet(ctx, chat, "gateway", "start"); err != nil {
		return err
	}
	if err := recordedRunning(ctx, chat, "/opt/data"); err != nil {
		return broken("HOLD-01", err)
	}
	_, err = chat.WaitSh(ctx, "log file of the gateway in the other container", logsToFile, verbLimit)
	return broken("LOG-05", err)
}

// lockSetup has root keep the lock of a setup until /tmp/release is there.
const lockSetup = `touch /opt/data/.container.lock && chmod 644 /opt/data/.container.lock && setsid python3 -c '
import fcntl, os, struct, time
f = open("/opt/data/.container.lock", "r+")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 1, 1, 0)) # F_OFD_SETLK of the second byte
open("/tmp/locked", "w")
while not os.path.exists("/tmp/release"): time.sleep(0.05)' >/dev/null 2>&1 & until [ -e /tmp/locked ]; do sleep 0.05; done`

const waitsForSetup = "another container sets /opt/data up"

func setupTurns(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}
	other, err := s.Start(ctx, harness.Spec{Volumes: spec.Volumes, Entrypoint: []string{"sleep"}, Cmd: []string{"infinity"}, User: "0"})
	if err != nil {
		return err
	}
	if res, err := other.Root(ctx, lockSetup); err != nil || res.Code != 0 {
		return fmt.Errorf("cannot lock: %s (%w)", res, err)
	}
	spec.Cmd = []string{"sleep", "infinity"}
	waits, err := s.Start(ctx, spec)
	if err != nil {
		return err
	}
	if err := waits.WaitLog(ctx, waitsForSetup, bootLimit); err != nil {
		return broken("HOLD-03", err)
	}
	if res, err := other.Root(ctx, `ls /opt/data/SOUL.md; touch /tmp/release`); err != nil || res.Stdout != "" {
		return violates("HOLD-03", "the boot that waits has written: %s (%v)", res, err)
	}
	if err := booted(ctx, waits); err != nil {
		return broken("HOLD-03", err)
	}
	return errors.Join(expectSh(ctx, waits, "HOLD-03", `test -s /opt/data/SOUL.md`), firstBoots(ctx, s))
}

// firstBoots boots twice at the same moment on an empty volume.
func firstBoots(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{
		Volumes: []harness.Volume{{Name: volume}}, Cmd: []string{"sleep", "infinity"},
		Env: map[string]string{"API_SERVER_ENABLED": "true"},
	}
	type started struct {
		c   *harness.Container
		err error
	}
	both := make(chan started)
	for range 2 {
		go func() {
			c, err := s.Start(ctx, spec)
			both <- started{c, err}
		}()
	}
	one, two := <-both, <-both
	if err := errors.Join(one.err, two.err); err != nil {
		return err
	}
	var outs strings.Builder
	for _, c := range []*harness.Container{one.c, two.c} {
		if err := booted(ctx, c); err != nil {
			return broken("HOLD-03", err)
		}
		out, err := c.AllLogs(ctx)
		if err != nil {
			return err
		}
		outs.WriteString(out)
	}
	if n := strings.Count(outs.String(), "added a random API_SERVER_KEY"); n != 1 {
		return violates("HOLD-03", "want one key, got %d:\n%s", n, &outs)
	}
	return expectSh(ctx, two.c, "HOLD-03", `cd /opt/data && test "$(grep -c ^API_SERVER_KEY= .env)" = 1 && test -s SOUL.md && test -s config.yaml &&
cmp SOUL.md /opt/hermes/docker/SOUL.md && (cd /opt/hermes && find skills -type f ! -path '*/__pycache__/*' -name SKILL.md | while read -r f; do cmp "$f" "/opt/data/$f" || exit 1; done) &&
test -z "$(find . -name '*.new' -o -name '*.tmp')"`)
}

// forgeries are what hermes does to the lock before a gateway starts elsewhere.
func forgeries() []string {
	const forever = "; open(\"/tmp/forged\", \"w\"); time.sleep(10000)"
	python := func(code string) string {
		return "rm -f /tmp/forged; setsid python3 -c '\nimport fcntl, os, time\np = \"/opt/data/.container.lock\"\n" + code + forever +
			"' >/dev/null 2>&1 & until [ -e /tmp/forged ]; do sleep 0.05; done"
	}
	return []string{
		python(`f = open(p); fcntl.lockf(f, fcntl.LOCK_SH)`),
		python(`os.unlink(p); f = open(p, "w"); f.write("{\"hostname\":\"x\\n\",\"mount_namespace\":\"y\"}"); f.flush(); fcntl.lockf(f, fcntl.LOCK_EX)`),
		python(`os.rename(p, p + ".old"); os.mkfifo(p)`),
		python(`os.unlink(p); os.symlink("SOUL.md", p)`),
		python(`os.unlink(p); os.makedirs(p + "/x")`),
	}
}

func forgedHold(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}
	hermes, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	for _, forgery := range forgeries() {
		if res, err := hermes.Sh(ctx, forgery); err != nil || res.Code != 0 {
			return fmt.Errorf("cannot forge by %s: %s (%w)", forgery, res, err)
		}
		c, err := s.Start(ctx, harness.Spec{Volumes: spec.Volumes, Cmd: []string{"gateway", "run"}})
		if err != nil {
			return err
		}
		if err := gatewayRuns(ctx, c); err != nil {
			return violates("HOLD-04", "after %s: %v", forgery, err)
		}
		out, err := c.AllLogs(ctx)
		if err != nil {
			return err
		}
		if strings.Contains(out, waitsForSetup) {
			return violates("HOLD-04", "after %s the boot waited:\n%s", forgery, out)
		}
		if err := c.Remove(ctx); err != nil {
			return err
		}
	}
	return expectSh(ctx, hermes, "HOLD-04", `cmp /opt/data/SOUL.md /opt/hermes/docker/SOUL.md`)
}

func twoLoggers(ctx context.Context, s *harness.Subject) error {
	first, spec, err := sharing(ctx, s)
	if err != nil {
		return err
	}
	spec.Cmd, spec.Env = []string{"gateway", "run"}, map[string]string{"HERMES_ALLOW_SHARED_VOLUME": "1"}
	second, err := s.Start(ctx, spec)
	if err != nil {
		return err
	}
	if err := second.WaitLog(ctx, "logging to stdout only", bootLimit); err != nil {
		return broken("LOG-05", err)
	}
	if err := second.WaitLog(ctx, banner, gatewayLimit); err != nil {
		return broken("HOLD-02", err)
	}
	return expectSh(ctx, first, "LOG-05", `test "$(grep -c ⚕ /opt/data/logs/gateways/default/current)" = 1`)
}
