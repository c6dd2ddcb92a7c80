package reconcile

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"caduceus/internal/clause"
	"caduceus/internal/env"
	"caduceus/internal/front/bootlog"
	"caduceus/internal/identity"
)

// boot is a volume, a scandir and the words of CMD.
type boot struct {
	home, scandir, command string
	env                    map[string]string
	account                identity.Account
	out, err               bytes.Buffer
}

func newBoot(t *testing.T, command ...string) *boot {
	t.Helper()
	dir := t.TempDir()
	b := &boot{home: filepath.Join(dir, "home"), scandir: filepath.Join(dir, "scandir"), command: filepath.Join(dir, "command")}
	b.env = map[string]string{"HERMES_HOME": b.home, "S6_PROFILE_GATEWAY_SCANDIR": b.scandir}
	b.account = identity.Account{Name: "hermes", UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	put(t, b.home, "SOUL.md", "")
	words := append([]string{"/opt/hermes/docker/main-wrapper.sh"}, command...)
	if err := env.WriteCommand(b.command, words); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *boot) environ() (environ env.Environ) {
	for name, value := range b.env {
		environ = append(environ, name+"="+value)
	}
	return environ
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (b *boot) run() int {
	b.out.Reset()
	b.err.Reset()
	return makeAndRun(Options{
		Environ: b.environ(),
		Account: b.account,
		Stdout:  &b.out,
		Stderr:  &b.err,
		Now:     func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)) },

		CommandFile: b.command,
	})
}

func (b *boot) slots(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(b.scandir)
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if _, err := os.Stat(filepath.Join(b.scandir, name, "down")); err == nil {
			name += "(down)"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func (b *boot) log(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.home, "logs/container-boot.log"))
	if err != nil {
		return err.Error()
	}
	return string(content)
}

func TestABootMakesASlotForEachProfile(t *testing.T) {
	clause.Proves(t, "REC-03", "REC-05", "REC-11", "STATE-09", "STATE-10", "STATE-12")
	b := newBoot(t, "sleep", "infinity")
	put(t, b.home, "profiles/coder/SOUL.md", "")
	put(t, b.home, "profiles/coder/gateway_state.json", `{"gateway_state":"running"}`)
	put(t, b.home, "profiles/backup/notes", "")
	for _, stale := range []string{"gateway.pid", "processes.json", "gateway.lock", "profiles/coder/gateway.pid"} {
		put(t, b.home, stale, "{}")
	}
	if code := b.run(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, b.err.String())
	}
	const out = "reconcile: profile=default prior_state=None action=registered\n" +
		"reconcile: profile=coder prior_state=running action=started\n"
	if diff := cmp.Diff(out, b.out.String()); diff != "" {
		t.Error(diff)
	}
	const log = "2026-01-02T03:04:05+0100 profile=default prior_state=None action=registered prior_exit=unknown\n" +
		"2026-01-02T03:04:05+0100 profile=coder prior_state=running action=started prior_exit=unclean\n"
	if diff := cmp.Diff(log, b.log(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("gateway-coder gateway-default(down)", b.slots(t)); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]bool{
		"gateway.pid": false, "processes.json": false, "profiles/coder/gateway.pid": false, "gateway.lock": true,
	} {
		if _, err := os.Stat(filepath.Join(b.home, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(b.home, "gateway_state.json")); err == nil {
		t.Error("a boot without gateway run made a state file")
	}
}

func TestABootGoesOnWithBrokenState(t *testing.T) {
	clause.Proves(t, "REC-06")
	b := newBoot(t)
	put(t, b.home, "gateway_state.json", "")
	put(t, b.home, ".gateway_intent.json", "[")
	put(t, b.home, "config.yaml", "a: [")
	put(t, b.home, "profiles/coder/SOUL.md", "")
	put(t, b.home, "profiles/coder/gateway_state.json", "{cut")
	put(t, b.home, "profiles/coder/.gateway_intent.json", `{"want":"up","at":5}`)
	if code := b.run(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, b.err.String())
	}
	if diff := cmp.Diff("gateway-coder gateway-default(down)", b.slots(t)); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"gateway_state.json", ".gateway_intent.json", "config.yaml", "profiles/coder/gateway_state.json"} {
		if !strings.Contains(b.err.String(), filepath.Join(b.home, name)) {
			t.Errorf("no warning names %s:\n%s", name, b.err.String())
		}
	}
}

func TestAContainerWithoutAnyStateRunsItsGateway(t *testing.T) {
	clause.Proves(t, "REC-07")
	b := newBoot(t, "gateway", "run")
	if code := b.run(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, b.err.String())
	}
	state, err := os.ReadFile(filepath.Join(b.home, "gateway_state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `^{"desired_state":"running","gateway_state":"running","migrated_from":"legacy-container-cmd","timestamp":\d+}` + "\n$"; !regexp.MustCompile(want).Match(state) {
		t.Errorf("state is %s", state)
	}
	if got := b.slots(t); got != "gateway-default" {
		t.Errorf("slots: %s", got)
	}
}

func TestADashboardContainerHasNoSlots(t *testing.T) {
	clause.Proves(t, "REC-08")
	b := newBoot(t, "hermes", "dashboard", "--host", "0.0.0.0")
	if code := b.run(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, b.err.String())
	}
	const want = "reconcile: skipping (dashboard container — does not need per-profile gateways)\n"
	if diff := cmp.Diff(want, b.out.String()); diff != "" {
		t.Error(diff)
	}
	if slots := b.slots(t); slots != "" {
		t.Errorf("slots were made: %s", slots)
	}
	if _, err := os.Stat(filepath.Join(b.home, "logs")); err == nil {
		t.Error("the boot log was written")
	}
}

func TestWithMultiplexingOnlyTheDefaultGatewayStarts(t *testing.T) {
	clause.Proves(t, "ENV-11", "REC-09")
	cases := map[string]struct {
		variable, config string
		down, warned     bool
	}{
		"unset":                      {},
		"by variable":                {variable: " ON ", down: true},
		"by configuration":           {config: "gateway: {multiplex_profiles: true}", down: true},
		"variable beats the file":    {variable: "0", config: "gateway: {multiplex_profiles: true}"},
		"a blank variable is none":   {variable: " ", config: "multiplex_profiles: true", down: true},
		"nonsense is named, ignored": {variable: "maybe", config: "gateway: {multiplex_profiles: true}", down: true, warned: true},
		"a word is no yes":           {config: "gateway: {multiplex_profiles: 'true'}"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBoot(t)
			b.env["GATEWAY_MULTIPLEX_PROFILES"] = c.variable
			put(t, b.home, "config.yaml", c.config)
			put(t, b.home, "gateway_state.json", `{"gateway_state":"running"}`)
			put(t, b.home, "profiles/coder/SOUL.md", "")
			put(t, b.home, "profiles/coder/gateway_state.json", `{"gateway_state":"running"}`)
			if code := b.run(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, b.err.String())
			}
			want := "gateway-coder gateway-default"
			if c.down {
				want = "gateway-coder(down) gateway-default"
			}
			if diff := cmp.Diff(want, b.slots(t)); diff != "" {
				t.Error(diff)
			}
			if warned := strings.Contains(b.err.String(), "GATEWAY_MULTIPLEX_PROFILES"); warned != c.warned {
				t.Errorf("stderr: %s", b.err.String())
			}
		})
	}
}

func TestASlotWaitsAsLongAsItsGatewayMayDrain(t *testing.T) {
	clause.Proves(t, "BOOT-18")
	for config, want := range map[string]string{
		"":                                      "7000\n",
		"agent: {restart_drain_timeout: 3}":     "7000\n",
		"agent: {restart_drain_timeout: 45}":    "45000\n",
		"agent: {restart_drain_timeout: 8.5}":   "8500\n",
		"agent: {restart_drain_timeout: 1e300}": "3600000\n",
		"agent: {restart_drain_timeout: x}":     "7000\n",
		"agent: {restart_drain_timeout: .nan}":  "7000\n",
	} {
		b := newBoot(t)
		put(t, b.home, "config.yaml", config)
		b.run()
		got, _ := os.ReadFile(filepath.Join(b.scandir, "gateway-default", "timeout-kill"))
		if string(got) != want {
			t.Errorf("%q: timeout-kill %q, want %q\n%s", config, got, want, b.err.String())
		}
	}
}

func TestTheBootLogRotates(t *testing.T) {
	clause.Proves(t, "STATE-09", "STATE-11")
	b := newBoot(t)
	put(t, b.home, "logs/container-boot.log", strings.Repeat("x", bootlog.Limit-1))
	b.run()
	if got := b.log(t); !strings.HasPrefix(got, "xxx") || !strings.HasSuffix(got, "prior_exit=unknown\n") {
		t.Error("a log below the limit was not appended to")
	}
	b.run()
	if got := strings.Count(b.log(t), "\n"); got != 1 {
		t.Errorf("a log above the limit was not renamed: %d lines", got)
	}
	if _, err := os.Stat(filepath.Join(b.home, "logs/container-boot.log.1")); err != nil {
		t.Error(err)
	}
}

func TestTheBootLogDoesNotLeaveTheVolume(t *testing.T) {
	b := newBoot(t)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(b.home, "logs")); err != nil {
		t.Fatal(err)
	}
	if code := b.run(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if entries, _ := os.ReadDir(outside); len(entries) > 0 {
		t.Errorf("written outside: %v", entries)
	}
	if !strings.Contains(b.err.String(), "cannot write the boot log") {
		t.Errorf("stderr: %s", b.err.String())
	}
}

func TestWordsOfCmdAreThoseBehindTheWrapper(t *testing.T) {
	for name, c := range map[string]struct {
		file *string
		want []string
	}{
		"the image's entry point": {file: new("/opt/hermes/docker/main-wrapper.sh\x00gateway\x00run\x00"), want: []string{"gateway", "run"}},
		"another entry point":     {file: new("sleep\x00infinity\x00")},
		"no CMD":                  {file: new("")},
		"another init":            {},
	} {
		b := newBoot(t)
		if err := os.Remove(b.command); err != nil {
			t.Fatal(err)
		}
		if c.file != nil {
			put(t, filepath.Dir(b.command), "command", *c.file)
		}
		if diff := cmp.Diff(c.want, run{Options: Options{CommandFile: b.command, Stderr: &b.err}}.commandWords(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if b.err.Len() > 0 {
			t.Errorf("%s: said %q", name, b.err.String())
		}
	}
	b := newBoot(t)
	r := run{Options: Options{CommandFile: b.home, Stderr: &b.err}} // a directory
	if words := r.commandWords(); words != nil || !strings.Contains(b.err.String(), "cannot read the words of CMD") {
		t.Errorf("words %q, said %q", words, b.err.String())
	}
}

// Root that cannot take on the file rights of hermes makes the slots, but leaves the volume as it is: a
// profile's directory may be a symlink.
func TestRootAloneChangesNothingOnTheVolume(t *testing.T) {
	if os.Geteuid() != 0 {
		return // then there is nobody else to be
	}
	b := newBoot(t)
	victim := filepath.Join(filepath.Dir(b.home), "victim")
	put(t, victim, "SOUL.md", "")
	put(t, victim, "gateway.pid", "1")
	put(t, b.home, "profiles/other/SOUL.md", "")
	if err := os.Symlink(victim, filepath.Join(b.home, "profiles", "coder")); err != nil {
		t.Fatal(err)
	}
	b.account.GID = ^uint32(0) // which the kernel refuses, as it does without CAP_SETGID
	if code := b.run(); code != 0 {
		t.Errorf("code %d: %s", code, &b.err)
	}
	if got := b.slots(t); !strings.Contains(got, "gateway-coder") {
		t.Errorf("slots: %s", got)
	}
	if _, err := os.Stat(filepath.Join(victim, "gateway.pid")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(b.home, "logs")); err == nil {
		t.Error("root made a log directory")
	}
	if !strings.Contains(b.err.String(), "cannot use the groups") {
		t.Errorf("want the failed change of groups named, got %q", &b.err)
	}
}

// makeAndRun is the boot script: the scandir first, which tests have in a place of their own.
func makeAndRun(o Options) int {
	MakeScandir(o)
	return Run(o)
}
