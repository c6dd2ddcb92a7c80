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
	setup func(w *world)
	play  func(w *world)
}

// TestSameAsRealScanner is the differential suite.
//
// spec: SUP-02, SUP-98; contract: SVC-01, SVC-02, SVC-03, SVC-06, SVC-07, SVC-08
func TestSameAsRealScanner(t *testing.T) {
	clause.Proves(t, "SUP-02", "SUP-98", "SVC-01", "SVC-02", "SVC-03", "SVC-06", "SVC-07", "SVC-08")
	t.Parallel()
	needTools(t)
	for _, sc := range scenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			transcript := func(ours bool) []string {
				w := newWorld(t, ours)
				sc.setup(w)
				w.start()
				sc.play(w)
				w.stop()
				return w.text
			}
			want, got := transcript(false), transcript(true)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("transcripts differ (-s6 +init):\n%s", diff)
			}
		})
	}
}

func one(files map[string]string) func(w *world) {
	return func(w *world) { w.service("foo", files) }
}

func scenarios() []scenario {
	return append(append(lifeScenarios(), deathScenarios()...), scandirScenarios()...)
}

func lifeScenarios() []scenario {
	return []scenario{
		{"down, up, restart", one(map[string]string{"run": sleeper}), func(w *world) {
			w.untilStat("foo", "up")
			events := w.subscribe("foo")
			w.run("s6-svc", "-wD", "-d", "foo")
			w.stat("foo")
			events.until("dD")
			w.run("s6-svc", "-wu", "-u", "foo")
			w.stat("foo")
			w.run("s6-svc", "-wr", "-r", "foo")
			events.until("udDu")
			w.run("s6-svc", "-wD", "-T", "10000", "-Od", "foo")
			w.run("s6-svc", "-q", "foo")
			w.stat("foo")
			w.run("s6-svstat", "foo")
			w.run("s6-svok", "foo")
		}},
		{"not wanted at start", one(map[string]string{"run": sleeper, "down": ""}), func(w *world) {
			w.supervised("foo")
			w.run("s6-svwait", "-D", "-t", "10000", "foo")
			events := w.subscribe("foo")
			w.run("s6-svc", "-wu", "-o", "foo")
			w.stat("foo")
			w.run("s6-svc", "-wd", "-t", "foo")
			events.until("udD")
			w.stat("foo")
			w.run("s6-svc", "-wu", "-u", "foo")
			w.stat("foo")
		}},
		{"readiness", one(map[string]string{
			"run":             "#!/bin/sh\necho warm >&4\nexec sleep 3600\n",
			"notification-fd": "4\n", "down": "",
		}), func(w *world) {
			w.supervised("foo")
			events := w.subscribe("foo")
			w.run("s6-svc", "-wU", "-T", "20000", "-u", "foo")
			events.until("uU")
			w.stat("foo")
			w.run("s6-svwait", "-U", "-t", "10000", "foo")
			w.run("s6-svc", "-wD", "-d", "foo")
			events.until("dD")
		}},
		{"ready and dead at once", one(map[string]string{
			"run":             "#!/bin/sh\necho >&5\nexit 3\n",
			"notification-fd": "5", "down": "",
		}), func(w *world) {
			w.supervised("foo")
			events := w.subscribe("foo")
			w.run("s6-svc", "-o", "foo")
			events.until("uUdD")
			w.stat("foo")
		}},
		{"pause and continue", one(map[string]string{"run": sleeper}), func(w *world) {
			w.untilStat("foo", "up")
			w.run("s6-svc", "-p", "foo")
			w.untilStat("foo", "up (pid N) S seconds, paused")
			w.run("s6-svc", "-c", "foo")
			w.poll("not paused", func() bool {
				out, _ := w.output("s6-svstat", "foo")
				return !strings.Contains(out, "paused")
			})
			w.stat("foo")
			w.run("s6-svc", "-O", "foo")
			w.untilStat("foo", "up (pid N) S seconds, want down")
			w.run("s6-svc", "-wD", "-pd", "foo")
			w.stat("foo")
		}},
		{"down files by letter", one(map[string]string{"run": sleeper}), func(w *world) {
			down := func() {
				_, err := os.Stat(filepath.Join(w.dir, "foo", "down"))
				w.note("down file: %v", err == nil)
			}
			w.untilStat("foo", "up")
			w.run("s6-svc", "-wD", "-D", "foo")
			down()
			w.stat("foo")
			w.run("s6-svc", "-wu", "-U", "foo")
			down()
			w.stat("foo")
			w.run("s6-svc", "-Q", "foo")
			w.untilStat("foo", "up (pid N) S seconds, normally down, want down")
			down()
		}},
	}
}

func deathScenarios() []scenario {
	return []scenario{
		// The fourth argument is newer than s6 2.11: see TestFinishKnowsTheGroup.
		{"finish with its arguments", one(map[string]string{
			"run":    "#!/bin/sh\ntest -e ../go && exit 42\nexec sleep 3600\n",
			"finish": "#!/bin/sh\necho \"$1 $2 $3\" >>../args\n",
		}), func(w *world) {
			w.untilStat("foo", "up")
			events := w.subscribe("foo")
			w.run("s6-svc", "-wD", "-dk", "foo")
			events.until("dD")
			w.service(".", map[string]string{"go": ""})
			w.run("s6-svc", "-wD", "-o", "foo")
			events.until("udD")
			w.stat("foo")
			w.note("finish got %q", w.file("args"))
		}},
		{"permanent failure", one(map[string]string{
			"run": sleeper, "finish": "#!/bin/sh\nexit 125\n",
		}), func(w *world) {
			w.untilStat("foo", "up")
			events := w.subscribe("foo")
			w.run("s6-svc", "-k", "foo")
			events.until("D")
			w.untilStat("foo", "down")
		}},
		{"finish without end is killed", one(map[string]string{
			"run": sleeper, "finish": "#!/bin/sh\nexec sleep 3600\n", "timeout-finish": "300\n",
		}), func(w *world) {
			w.untilStat("foo", "up")
			events := w.subscribe("foo")
			w.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
			events.until("dD")
			w.stat("foo")
		}},
		{"stubborn run is killed", one(map[string]string{
			"run":          "#!/bin/sh\ntrap '' TERM\necho >../ready\nwhile :; do sleep 1; done\n",
			"timeout-kill": "400\n",
		}), func(w *world) {
			w.file("ready")
			w.untilStat("foo", "up")
			w.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
			w.stat("foo")
		}},
		{"own down signal", one(map[string]string{
			"run":         "#!/bin/sh\ntrap 'exit 9' USR1\necho >../ready\nwhile :; do sleep 0.1; done\n",
			"down-signal": "SIGUSR1\n",
		}), func(w *world) {
			w.file("ready")
			w.untilStat("foo", "up")
			w.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
			w.stat("foo")
		}},
		{"restart after a crash", one(map[string]string{"run": sleeper}), func(w *world) {
			w.untilStat("foo", "up")
			events := w.subscribe("foo")
			w.run("s6-svc", "-k", "foo")
			events.until("dDu")
			w.run("s6-svc", "-a", "foo")
			events.until("dDu")
			w.run("s6-svc", "-wD", "-d", "foo")
			out, _ := w.output("s6-svdt", "foo")
			for line := range strings.Lines(out) {
				_, rest, _ := strings.Cut(line, " ")
				w.note("death: %s", strings.TrimSpace(rest))
			}
			w.run("s6-svdt-clear", "foo")
			out, _ = w.output("s6-svdt", "foo")
			w.note("after clear: %q", out)
			w.run("s6-svc", "-wu", "-u", "foo")
			w.run("s6-svc", "-wD", "-d", "foo")
			out, _ = w.output("s6-svdt", "foo")
			w.note("then: %d deaths", strings.Count(out, "\n"))
		}},
		{"supervisor told to leave comes back", one(map[string]string{"run": sleeper}), func(w *world) {
			w.untilStat("foo", "up")
			events := w.subscribe("foo")
			w.run("s6-svc", "-xd", "foo")
			events.until("dDxsu")
			w.untilStat("foo", "up")
		}},
		{"run that cannot be started", one(map[string]string{"run": "#!/no/such/interpreter\n"}), func(w *world) {
			w.supervised("foo")
			w.run("s6-svwait", "-u", "-t", "300", "foo")
			w.run("s6-svc", "-d", "foo")
		}},
	}
}

func scandirScenarios() []scenario {
	return []scenario{
		{"directories without supervisor", one(map[string]string{"run": sleeper}), func(w *world) {
			w.untilStat("foo", "up")
			if err := os.MkdirAll(filepath.Join(w.dir, ".dot"), 0o755); err != nil {
				w.Fatal(err)
			}
			w.run("s6-svstat", ".dot")
			w.run("s6-svok", ".dot")
			w.run("s6-svc", "-u", ".dot")
			w.run("s6-svc", "-u", "none")
			w.run("s6-svwait", "-u", "-t", "100", ".dot")
			w.run("s6-svscanctl", "-a", ".dot")
			w.run("s6-svscanctl", "-a", "none")
			w.run("s6-svstat")
			w.run("s6-svc", "-Z", "foo")
		}},
		{"scan and prune", one(map[string]string{"run": sleeper}), func(w *world) {
			w.untilStat("foo", "up")
			w.service(".bar.tmp", map[string]string{"run": sleeper})
			w.service("mark", map[string]string{"run": sleeper})
			w.run("s6-svscanctl", "-a", ".")
			w.untilStat("mark", "up") // the scan is over
			if err := os.Rename(filepath.Join(w.dir, ".bar.tmp"), filepath.Join(w.dir, "bar")); err != nil {
				w.Fatal(err)
			}
			w.run("s6-svok", "bar")
			w.run("s6-svscanctl", "-a", ".")
			w.untilStat("bar", "up")
			if err := os.Rename(filepath.Join(w.dir, "bar"), filepath.Join(w.dir, ".gone")); err != nil {
				w.Fatal(err)
			}
			w.run("s6-svscanctl", "-a", ".")
			w.stat(".gone")
			events := w.subscribe(".gone")
			w.run("s6-svscanctl", "-an", ".")
			events.until("dDx")
			w.poll("no supervisor", func() bool { return w.quiet("s6-svok", ".gone") == 1 })
			w.stat("foo")
		}},
		{"logger", one(map[string]string{
			"run":     "#!/bin/sh\necho out\necho err >&2\nexec sleep 3600\n",
			"log/run": "#!/bin/sh\nexec cat >>../../log.out\n",
		}), func(w *world) {
			w.untilStat("foo", "up")
			w.untilStat("foo/log", "up")
			w.note("logged %q", w.file("log.out"))
			w.run("s6-svc", "-wd", "-d", "foo/log")
			w.run("s6-svc", "-wr", "-r", "foo")
			w.run("s6-svc", "-wu", "-u", "foo/log")
			w.poll("second line", func() bool { return strings.Count(w.file("log.out"), "out\n") == 2 })
			w.stat("foo/log")
		}},
	}
}
