package s6

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

const sleeper = "#!/bin/sh\nexec sleep 3600\n"

// scenario is a script of client calls whose transcript must be the same under
// both scanners.
type scenario struct {
	name  string
	setup func(d *scandir)
	play  func(d *scandir)
}

// Each scenario is played under both scanners.
func TestClientsSeeTheSameAsWithS6(t *testing.T) {
	clause.Proves(t, "SUP-02", "SUP-98", "SVC-01", "SVC-02", "SVC-03", "SVC-06", "SVC-07", "SVC-08")
	t.Parallel()
	needTools(t)
	for _, sc := range scenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			transcript := func(ours bool) []string {
				d := newScandir(t, ours)
				sc.setup(d)
				d.start()
				sc.play(d)
				d.stop()
				return d.text
			}
			want, got := transcript(false), transcript(true)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("transcripts differ (-s6 +init):\n%s", diff)
			}
		})
	}
}

func oneService(files map[string]string) func(d *scandir) {
	return func(d *scandir) { d.service("foo", files) }
}

func scenarios() []scenario {
	return append(append(lifeScenarios(), deathScenarios()...), scandirScenarios()...)
}

func lifeScenarios() []scenario {
	return []scenario{
		{"down, up, restart", oneService(map[string]string{"run": sleeper}), func(d *scandir) {
			d.untilStat("foo", "up")
			events := d.subscribe("foo")
			d.run("s6-svc", "-wD", "-d", "foo")
			d.stat("foo")
			events.until("dD")
			d.run("s6-svc", "-wu", "-u", "foo")
			d.stat("foo")
			d.run("s6-svc", "-wr", "-r", "foo")
			events.until("udDu")
			d.run("s6-svc", "-wD", "-T", "10000", "-Od", "foo")
			d.run("s6-svc", "-q", "foo")
			d.stat("foo")
			d.run("s6-svstat", "foo")
			d.run("s6-svok", "foo")
		}},
		{"not wanted at start", oneService(map[string]string{"run": sleeper, "down": ""}), func(d *scandir) {
			d.supervised("foo")
			d.run("s6-svwait", "-D", "-t", "10000", "foo")
			events := d.subscribe("foo")
			d.run("s6-svc", "-wu", "-o", "foo")
			d.stat("foo")
			d.run("s6-svc", "-wd", "-t", "foo")
			events.until("udD")
			d.stat("foo")
			d.run("s6-svc", "-wu", "-u", "foo")
			d.stat("foo")
		}},
		{"readiness", oneService(map[string]string{
			"run":             "#!/bin/sh\necho warm >&4\nexec sleep 3600\n",
			"notification-fd": "4\n", "down": "",
		}), func(d *scandir) {
			d.supervised("foo")
			events := d.subscribe("foo")
			d.run("s6-svc", "-wU", "-T", "20000", "-u", "foo")
			events.until("uU")
			d.stat("foo")
			d.run("s6-svwait", "-U", "-t", "10000", "foo")
			d.run("s6-svc", "-wD", "-d", "foo")
			events.until("dD")
		}},
		{"ready and dead at once", oneService(map[string]string{
			"run":             "#!/bin/sh\necho >&5\nexit 3\n",
			"notification-fd": "5", "down": "",
		}), func(d *scandir) {
			d.supervised("foo")
			events := d.subscribe("foo")
			d.run("s6-svc", "-o", "foo")
			events.until("uUdD")
			d.stat("foo")
		}},
		{"pause and continue", oneService(map[string]string{"run": sleeper}), func(d *scandir) {
			d.untilStat("foo", "up")
			d.run("s6-svc", "-p", "foo")
			d.untilStat("foo", "up (pid N) S seconds, paused")
			d.run("s6-svc", "-c", "foo")
			d.poll("not paused", func() bool {
				out, _ := d.output("s6-svstat", "foo")
				return !strings.Contains(out, "paused")
			})
			d.stat("foo")
			d.run("s6-svc", "-O", "foo")
			d.untilStat("foo", "up (pid N) S seconds, want down")
			d.run("s6-svc", "-wD", "-pd", "foo")
			d.stat("foo")
		}},
		{"down files by letter", oneService(map[string]string{"run": sleeper}), func(d *scandir) {
			down := func() {
				_, err := os.Stat(filepath.Join(d.path, "foo", "down"))
				d.note("down file: %v", err == nil)
			}
			d.untilStat("foo", "up")
			d.run("s6-svc", "-wD", "-D", "foo")
			down()
			d.stat("foo")
			d.run("s6-svc", "-wu", "-U", "foo")
			down()
			d.stat("foo")
			d.run("s6-svc", "-Q", "foo")
			d.untilStat("foo", "up (pid N) S seconds, normally down, want down")
			down()
		}},
	}
}

func deathScenarios() []scenario {
	return []scenario{
		// The fourth argument is newer than s6 2.11: see TestFinishGetsTheProcessGroup.
		{"finish with its arguments", oneService(map[string]string{
			"run":    "#!/bin/sh\ntest -e ../go && exit 42\nexec sleep 3600\n",
			"finish": "#!/bin/sh\necho \"$1 $2 $3\" >>../args\n",
		}), func(d *scandir) {
			d.untilStat("foo", "up")
			events := d.subscribe("foo")
			d.run("s6-svc", "-wD", "-dk", "foo")
			events.until("dD")
			d.service(".", map[string]string{"go": ""})
			d.run("s6-svc", "-wD", "-o", "foo")
			events.until("udD")
			d.stat("foo")
			d.note("finish got %q", d.file("args"))
		}},
		{"permanent failure", oneService(map[string]string{
			"run": sleeper, "finish": "#!/bin/sh\nexit 125\n",
		}), func(d *scandir) {
			d.untilStat("foo", "up")
			events := d.subscribe("foo")
			d.run("s6-svc", "-k", "foo")
			events.until("D")
			d.untilStat("foo", "down")
		}},
		{"a finish that does not end is killed", oneService(map[string]string{
			"run": sleeper, "finish": "#!/bin/sh\nexec sleep 3600\n", "timeout-finish": "300\n",
		}), func(d *scandir) {
			d.untilStat("foo", "up")
			events := d.subscribe("foo")
			d.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
			events.until("dD")
			d.stat("foo")
		}},
		{"a run that ignores TERM is killed", oneService(map[string]string{
			"run":          "#!/bin/sh\ntrap '' TERM\necho >../ready\nwhile :; do sleep 1; done\n",
			"timeout-kill": "400\n",
		}), func(d *scandir) {
			d.file("ready")
			d.untilStat("foo", "up")
			d.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
			d.stat("foo")
		}},
		{"own down signal", oneService(map[string]string{
			"run":         "#!/bin/sh\ntrap 'exit 9' USR1\necho >../ready\nwhile :; do sleep 0.1; done\n",
			"down-signal": "SIGUSR1\n",
		}), func(d *scandir) {
			d.file("ready")
			d.untilStat("foo", "up")
			d.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
			d.stat("foo")
		}},
		{"restart after a crash", oneService(map[string]string{"run": sleeper}), func(d *scandir) {
			d.untilStat("foo", "up")
			events := d.subscribe("foo")
			d.run("s6-svc", "-k", "foo")
			events.until("dDu")
			d.run("s6-svc", "-a", "foo")
			events.until("dDu")
			d.run("s6-svc", "-wD", "-d", "foo")
			out, _ := d.output("s6-svdt", "foo")
			for line := range strings.Lines(out) {
				_, rest, _ := strings.Cut(line, " ")
				d.note("death: %s", strings.TrimSpace(rest))
			}
			d.run("s6-svdt-clear", "foo")
			out, _ = d.output("s6-svdt", "foo")
			d.note("after clear: %q", out)
			d.run("s6-svc", "-wu", "-u", "foo")
			d.run("s6-svc", "-wD", "-d", "foo")
			out, _ = d.output("s6-svdt", "foo")
			d.note("then: %d deaths", strings.Count(out, "\n"))
		}},
		{"a supervisor that was asked to leave comes back", oneService(map[string]string{"run": sleeper}), func(d *scandir) {
			d.untilStat("foo", "up")
			events := d.subscribe("foo")
			d.run("s6-svc", "-xd", "foo")
			events.until("dDxsu")
			d.untilStat("foo", "up")
		}},
		{"run that cannot be started", oneService(map[string]string{"run": "#!/no/such/interpreter\n"}), func(d *scandir) {
			d.supervised("foo")
			d.run("s6-svwait", "-u", "-t", "300", "foo")
			d.run("s6-svc", "-d", "foo")
		}},
	}
}

func scandirScenarios() []scenario {
	return []scenario{
		{"directories without supervisor", oneService(map[string]string{"run": sleeper}), func(d *scandir) {
			d.untilStat("foo", "up")
			if err := os.MkdirAll(filepath.Join(d.path, ".dot"), 0o755); err != nil {
				d.Fatal(err)
			}
			d.run("s6-svstat", ".dot")
			d.run("s6-svok", ".dot")
			d.run("s6-svc", "-u", ".dot")
			d.run("s6-svc", "-u", "none")
			d.run("s6-svwait", "-u", "-t", "100", ".dot")
			d.run("s6-svscanctl", "-a", ".dot")
			d.run("s6-svscanctl", "-a", "none")
			d.run("s6-svstat")
			d.run("s6-svc", "-Z", "foo")
		}},
		{"scan and prune", oneService(map[string]string{"run": sleeper}), func(d *scandir) {
			d.untilStat("foo", "up")
			d.service(".bar.tmp", map[string]string{"run": sleeper})
			d.service("mark", map[string]string{"run": sleeper})
			d.run("s6-svscanctl", "-a", ".")
			d.untilStat("mark", "up") // the scan is over
			if err := os.Rename(filepath.Join(d.path, ".bar.tmp"), filepath.Join(d.path, "bar")); err != nil {
				d.Fatal(err)
			}
			d.run("s6-svok", "bar")
			d.run("s6-svscanctl", "-a", ".")
			d.untilStat("bar", "up")
			if err := os.Rename(filepath.Join(d.path, "bar"), filepath.Join(d.path, ".gone")); err != nil {
				d.Fatal(err)
			}
			d.run("s6-svscanctl", "-a", ".")
			d.stat(".gone")
			events := d.subscribe(".gone")
			d.run("s6-svscanctl", "-an", ".")
			events.until("dDx")
			d.poll("no supervisor", func() bool { return d.code("s6-svok", ".gone") == 1 })
			d.stat("foo")
		}},
		{"logger", oneService(map[string]string{
			"run":     "#!/bin/sh\necho out\necho err >&2\nexec sleep 3600\n",
			"log/run": "#!/bin/sh\nexec cat >>../../log.out\n",
		}), func(d *scandir) {
			d.untilStat("foo", "up")
			d.untilStat("foo/log", "up")
			d.note("logged %q", d.file("log.out"))
			d.run("s6-svc", "-wd", "-d", "foo/log")
			d.run("s6-svc", "-wr", "-r", "foo")
			d.run("s6-svc", "-wu", "-u", "foo/log")
			d.poll("second line", func() bool { return strings.Count(d.file("log.out"), "out\n") == 2 })
			d.stat("foo/log")
		}},
	}
}
