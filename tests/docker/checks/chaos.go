package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// Names of the checks of calamities that mutants of the init must turn red.
const (
	KillsCheck    = "PID 1 brings back all that a kill in a loop takes away"
	TermCheck     = "SIGTERM at any stage of the boot ends the container in order"
	RestartsCheck = "a container that is restarted at any stage of its boot boots in the end"
	TogetherCheck = "two containers that boot on one volume again and again both answer"
	ForksCheck    = "PID 1 answers in a fork storm under a limit of processes"
	FloodsCheck   = "PID 1 answers while main program and slots flood their output"
	DiskCheck     = "PID 1 answers on a full disk, and its slots go on when there is room"
	MemoryCheck   = "PID 1 outlives what the kernel kills for want of memory"
	ForeignCheck  = "PID 1 survives a scandir and a volume full of foreign and broken things, and boots on them"
)

// answerLimit is how long PID 1 may take to answer while its container is hurt, engine and a loaded host included.
const answerLimit = time.Minute

// calamity is what happens to a container whose main program idles and in which a slot of hermes runs, the witness.
type calamity struct {
	name, doc string
	clauses   []string
	spec      harness.Spec
	user      string
	script    string // injects; it ends by itself, and prints what it did
	after     string // holds once it is over
	again     bool   // the container is restarted then, and boots as ever
}

// chaosChecks hurt containers, and ask PID 1 for a service all the while.
// contract: BOOT-03 BOOT-14 BOOT-16 REC-06 SLOT-05 LOG-07 HOLD-03
func chaosChecks() []Check {
	list := []Check{
		{
			Name: TermCheck, Clauses: []string{"BOOT-16"},
			Doc: "a script of the boot sends SIGTERM to PID 1: before, between and after the image's own, and beside the services", Run: termAtEachStage,
		},
		{
			Name: RestartsCheck, Clauses: []string{"BOOT-03"},
			Doc: "restarts one at once, and as soon as a stage of the boot shows", Run: restartAtEachStage,
		},
		{
			Name: TogetherCheck, Clauses: []string{"HOLD-03"},
			Doc: "starts both at the same moment, and kills and starts them together", Run: bootTogether,
		},
	}
	for _, c := range calamities() {
		list = append(list, Check{
			Name: c.name, Clauses: c.clauses,
			Doc: c.doc + "; meanwhile PID 1 has to restart a service again and again", Run: c.run,
		})
	}
	return list
}

const (
	witness = "/run/service/witness"
	newSlot = `slot() { mkdir -p /run/service/.$1.new && printf '#!/bin/sh\n%s\n' "$2" >/run/service/.$1.new/run && chmod 755 /run/service/.$1.new/run && mv /run/service/.$1.new /run/service/$1 && /command/s6-svscanctl -a /run/service; }; `
	// scan asks for a scan and waits until a slot is supervised: who asks is not told when the scan is over.
	scanFor   = `scan() { /command/s6-svscanctl -a /run/service && for i in $(seq 100); do /command/s6-svstat $1 >/dev/null 2>&1 && return; sleep 0.1; done; return 1; }; `
	dropSlots = `drop() { for d; do /command/s6-svc -wD -T 5000 -d /run/service/$d 2>/dev/null; rm -rf /run/service/$d; done; /command/s6-svscanctl -an /run/service; }; `
)

func calamities() []calamity {
	limited := func(f func(h *container.HostConfig)) harness.Spec { return harness.Spec{Host: f} }
	pids := int64(200)
	return []calamity{
		{
			name: KillsCheck, clauses: []string{"SLOT-05", "BOOT-14"}, user: "0",
			doc: "kills every child of PID 1 but the main program, and their children, six times",
			script: `n=0; for k in 1 2 3 4 5 6; do main=$(pgrep -P 1 -fx 'sleep infinity'); for p in $(pgrep -P 1); do
[ "$p" = "$main" ] || for q in $(pgrep -P $p) $p; do kill -9 $q 2>/dev/null && n=$((n+1)); done; done; sleep 0.5; done; echo "killed $n processes"`,
		},
		{
			name: ForksCheck, clauses: []string{"BOOT-14"},
			spec: limited(func(h *container.HostConfig) { h.PidsLimit = &pids }),
			doc:  "hermes forks for four seconds as fast as 200 processes allow, waits for none of them, and restarts a slot once there is no room",
			script: `perl -e '$SIG{CHLD} = "IGNORE"; $end = time + 4; while (time < $end) { my $p = fork; if (!defined $p) {
if (!$f++) { open my $c, ">", "` + witness + `/supervise/control" or die; syswrite $c, "r" } select undef, undef, undef, 0.01; next }
if (!$p) { sleep 2; exit } $n++ } print "forked ", $n+0, " times, and was refused ", $f+0, " times\n"; exit !$f'`,
		},
		{
			name: FloodsCheck, clauses: []string{"BOOT-14"}, user: "0",
			doc: "floods the main program's output and that of two slots of hermes for four seconds",
			script: newSlot + dropSlots + `slot flood1 'exec yes all work and no play' && slot flood2 'exec yes all work and no play >&2' || exit 1
timeout 4 yes all work and no play >/proc/1/fd/1; drop flood1 flood2; echo "flooded for 4 seconds"`,
		},
		{
			name: DiskCheck, clauses: []string{"LOG-07"},
			spec: limited(sized("16m")), doc: "fills the volume, and frees it again",
			script: `n=$(cat /dev/zero 2>/dev/null >/opt/data/fill; stat -c %s /opt/data/fill); sleep 3; rm /opt/data/fill; echo "filled $n bytes for 3 seconds"`,
			after:  `echo x >/opt/data/x`,
		},
		{
			name: MemoryCheck, clauses: []string{"SLOT-05"},
			spec: limited(func(h *container.HostConfig) { h.Memory, h.MemorySwap = 192<<20, 192<<20 }), doc: "a slot of hermes eats more than 192 MB, and does it again when it is restarted",
			script: newSlot + dropSlots + `slot eater 'echo x >>/tmp/eaters; exec tail /dev/zero'; for i in $(seq 300); do [ "$(wc -l </tmp/eaters)" -ge 3 ] && break; sleep 0.1; done
drop eater; n=$(wc -l </tmp/eaters); echo "started $n programs that ate all memory"; [ $n -ge 3 ]`,
		},
		{
			name: ForeignCheck, clauses: []string{"REC-06", "BOOT-03"}, again: true,
			doc: "hermes puts fifos, loops of links, programs that are none and broken state where the supervisors and the boot look",
			script: `cd /run/service && mkdir -p junk1 junk2/run junk3 junk4 && mkfifo junk5 && ln -sfn . junk6 && ln -sfn /nowhere junk7 && head -c 300000 /dev/urandom >junk1/run &&
chmod 755 junk1/run && printf x >junk3/run && mkfifo junk4/run && chmod 755 junk4/run && echo x >junk8 && mkdir "$(printf 'junk 9\n\033[31m')"
for k in 1 2 3; do /command/s6-svscanctl -a .; sleep 0.3; rm -rf gateway-default/supervise/control gateway-default/supervise/status; /command/s6-svscanctl -an .; sleep 0.3; done
cd /opt/data && head -c 5000 /dev/urandom >gateway_state.json && rm -rf .gateway_intent.json && mkdir .gateway_intent.json && mkdir -p profiles/bad && ln -s /etc/shadow profiles/bad/SOUL.md && ln -sfn . profiles/loop
echo "left $(ls -A /run/service | grep -c junk) things in the scandir, and broken state"`,
		},
	}
}

// asked is a service of root, which PID 1 itself supervises.
func asked(spec harness.Spec) harness.Spec {
	spec.Files = append(spec.Files, harness.File{Path: "/etc/services.d/asked", Dir: true}, script("/etc/services.d/asked/run", "exec sleep 98764"))
	return spec
}

// askPID1 has that service restarted, and prints its new pid.
const askPID1 = `d=/run/service/asked; old=$(/command/s6-svstat -o pid $d) && /command/s6-svc -r $d || exit 1
for i in $(seq 50); do new=$(/command/s6-svstat -o pid $d); [ "$new" -gt 0 ] && [ "$new" != "$old" ] && echo $new && exit 0; sleep 0.1; done; exit 1`

// pid1Answers waits until PID 1 has done what it was asked. In a container that is hurt a question may get lost; one in answerLimit must not.
func pid1Answers(ctx context.Context, c *harness.Container) (time.Duration, error) {
	began := time.Now()
	err := harness.Poll(ctx, "answer of PID 1", answerLimit, func(ctx context.Context) (string, bool, error) {
		res, err := c.Root(ctx, askPID1)
		if err != nil { // the engine could not start the question
			running, gone := c.Running(ctx)
			if gone == nil && !running {
				return "", false, errors.New("the container has ended")
			}
			return err.Error(), false, nil
		}
		return res.String(), res.Code == 0, nil
	})
	return time.Since(began), err
}

func (c calamity) run(ctx context.Context, s *harness.Subject) error {
	box, err := startIdle(ctx, s, asked(c.spec))
	if err != nil {
		return err
	}
	if err := expectSh(ctx, box, c.clauses[0], newSlot+`slot witness 'exec sleep 98765' && for i in $(seq 100); do /command/s6-svstat `+witness+` 2>/dev/null | grep '^up' && exit 0; sleep 0.1; done; exit 1`); err != nil {
		return err
	}
	asked, slowest, err := c.inject(ctx, s, box)
	if err != nil {
		return err
	}
	_, err = box.WaitSh(ctx, "what has to hold afterwards", `for s in witness main-hermes; do /command/s6-svstat /run/service/$s | grep '^up' || exit 1; done; `+cmp.Or(c.after, "true"), bootLimit)
	if err := broken(c.clauses[0], err); err != nil {
		return err
	}
	s.Note("saw: PID 1 answered %d times, at the latest after %s; the witness is up", asked, slowest.Round(time.Millisecond))
	if !c.again {
		return nil
	}
	if err := box.Restart(ctx); err != nil {
		return err
	}
	return broken(c.clauses[0], booted(ctx, box))
}

// inject runs the script of a calamity, and asks PID 1 until it has ended and once more.
func (c calamity) inject(ctx context.Context, s *harness.Subject, box *harness.Container) (asked int, slowest time.Duration, err error) {
	type end struct {
		res harness.Result
		err error
	}
	ended := make(chan end, 1)
	go func() {
		res, err := box.Exec(ctx, harness.Exec{Cmd: []string{"sh", "-c", c.script}, User: c.user})
		ended <- end{res, err}
	}()
	for over := false; !over; {
		select {
		case e := <-ended:
			if e.err != nil || e.res.Code != 0 {
				return asked, slowest, fmt.Errorf("cannot inject: %s (%w)", e.res, e.err)
			}
			s.Note("injected: %s", e.res.Output())
			over = true
		default:
		}
		took, err := pid1Answers(ctx, box)
		if err != nil {
			return asked, slowest, broken(c.clauses[0], err)
		}
		asked, slowest = asked+1, max(slowest, took)
	}
	return asked, slowest, nil
}

// termAtEachStage starts containers whose boot gets SIGTERM at a stage of its own, and wants each to end with exit code 0.
func termAtEachStage(ctx context.Context, s *harness.Subject) error {
	const term = "kill -TERM 1; exec sleep 1000"
	boxes := map[string]*harness.Container{}
	for _, at := range []string{"00-term", "012-term", "016-term", "03-term"} {
		c, err := s.Start(ctx, harness.Spec{Cmd: []string{"sleep", "infinity"}, Files: []harness.File{script("/etc/cont-init.d/"+at, term)}})
		if err != nil {
			return err
		}
		boxes["in the script "+at] = c
	}
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"sleep", "infinity"}, Files: []harness.File{
		{Path: "/etc/services.d/term", Dir: true}, script("/etc/services.d/term/run", term),
	}})
	if err != nil {
		return err
	}
	boxes["in a service"] = c
	var errs []error
	for where, c := range boxes {
		end, err := c.Wait(ctx, bootLimit)
		if err != nil {
			errs = append(errs, violates("BOOT-16", "SIGTERM %s: %v", where, err))
			continue
		}
		s.Note("injected: SIGTERM %s; saw: the container ended with code %d", where, end.Code)
		if end.Code != 0 { // no CMD yet, or one that dies of the TERM that init sends
			errs = append(errs, violates("BOOT-16", "SIGTERM %s: want exit code 0, got %d", where, end.Code))
		}
	}
	return errors.Join(errs...)
}

// restartAtEachStage restarts a container as soon as its boot has come to a stage.
func restartAtEachStage(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, asked(harness.Spec{Cmd: []string{"sleep", "infinity"}}))
	if err != nil {
		return err
	}
	stages := []string{"true", "test -e /run/s6/container_environment", "pgrep -f cont-init.d/01", "test -e /run/service/gateway-default", "pgrep -P 1 -fx 'sleep infinity'"}
	for _, stage := range stages {
		if _, err := c.WaitSh(ctx, "stage of the boot", stage+" || pgrep -P 1 -fx 'sleep infinity'", bootLimit); err != nil {
			return broken("BOOT-03", err)
		}
		if err := c.Restart(ctx); err != nil {
			return err
		}
	}
	if err := booted(ctx, c); err != nil {
		return broken("BOOT-03", err)
	}
	took, err := pid1Answers(ctx, c)
	s.Note("injected: %d restarts; saw: PID 1 answered after %s", len(stages), took.Round(time.Millisecond))
	return broken("BOOT-03", err)
}

// bootTogether boots two containers on one volume side by side.
func bootTogether(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	const rounds = 2
	for range rounds {
		var both []*harness.Container
		for range 2 {
			c, err := s.Start(ctx, asked(harness.Spec{Cmd: []string{"sleep", "infinity"}, Volumes: []harness.Volume{{Name: volume}}}))
			if err != nil {
				return err
			}
			both = append(both, c)
		}
		for _, c := range both {
			if err := booted(ctx, c); err != nil {
				return broken("HOLD-03", err)
			}
			took, err := pid1Answers(ctx, c)
			if err != nil {
				return broken("HOLD-03", err)
			}
			s.Note("injected: another boot on the same volume; saw: PID 1 answered after %s", took.Round(time.Millisecond))
		}
		if err := expectSh(ctx, both[0], "HOLD-03", `cd /opt/data && test -s SOUL.md && test -s config.yaml && ls .env`); err != nil {
			return err
		}
		for _, c := range both { // by a kill
			if err := c.Remove(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
