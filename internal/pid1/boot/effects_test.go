package boot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestJudgeRun(t *testing.T) {
	clause.Proves(t, "SUP-60")
	t.Parallel()
	const sticky, open = fs.ModeSticky | 0o777, fs.FileMode(0o777)
	for name, c := range map[string]struct {
		facts runFacts
		want  verdict
	}{
		"root, as shipped":                 {runFacts{mode: sticky, writable: true}, fine},
		"root, its own":                    {runFacts{mode: 0o755, writable: true}, fine},
		"root, open":                       {runFacts{mode: open, writable: true}, fine},
		"root, foreign":                    {runFacts{owner: 10000, mode: 0o755, writable: true}, takeRun},
		"root, foreign and not writable":   {runFacts{owner: 10000, mode: 0o755}, takeRun},
		"root, read-only":                  {runFacts{mode: 0o755}, mountRun},
		"user, as shipped":                 {runFacts{euid: 10000, mode: sticky, writable: true}, fine},
		"user, its own":                    {runFacts{euid: 10000, owner: 10000, mode: 0o700, writable: true}, fine},
		"user, root's":                     {runFacts{euid: 10000, mode: 0o755}, mountRun},
		"user, open":                       {runFacts{euid: 10000, mode: open, writable: true}, refuseWorldWritable},
		"user, its own but open to others": {runFacts{euid: 10000, owner: 10000, mode: open, writable: true}, refuseWorldWritable},
		"user, open and allowed":           {runFacts{euid: 10000, mode: open, writable: true, allowWorldWritable: true}, fine},
	} {
		if got := judgeRun(c.facts); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestReactionTo(t *testing.T) {
	clause.Proves(t, "SUP-58", "SUP-75", "SUP-86")
	t.Parallel()
	plain := map[syscall.Signal]reaction{
		syscall.SIGTERM: halt, syscall.SIGINT: halt, syscall.SIGUSR1: halt, syscall.SIGUSR2: halt, syscall.SIGPWR: halt,
		syscall.SIGHUP: rescan, syscall.SIGALRM: look, syscall.SIGABRT: quit,
	}
	forwarded := map[syscall.Signal]bool{
		syscall.SIGTERM: true, syscall.SIGQUIT: true, syscall.SIGINT: true, syscall.SIGUSR1: true,
		syscall.SIGUSR2: true, syscall.SIGPWR: true, syscall.SIGWINCH: true,
	}
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		if got := reactionTo(sig, false); got != plain[sig] {
			t.Errorf("%v: %d, want %d", sig, got, plain[sig])
		}
		if got := reactionTo(sig, true); (got == forward) != forwarded[sig] {
			t.Errorf("%v for CMD: %d", sig, got)
		}
	}
}

func TestRequestFor(t *testing.T) {
	clause.Proves(t, "SUP-57")
	t.Parallel()
	for letter, want := range map[byte]reaction{'t': halt, 'i': halt, 'q': halt, 'b': quit, 'a': ignore, 'x': ignore} {
		if got := requestFor(letter); got != want {
			t.Errorf("%q: %d, want %d", letter, got, want)
		}
	}
}

func TestSwallowedHangups(t *testing.T) {
	clause.Proves(t, "SUP-71")
	t.Parallel()
	var h hangups
	if h.swallow() {
		t.Error("a hang-up is swallowed that nobody expects")
	}
	h.expect()
	if !h.swallow() || h.swallow() {
		t.Error("one expected hang-up is not swallowed once")
	}
}

func TestSessionFor(t *testing.T) {
	clause.Proves(t, "BOOT-11", "SUP-71", "SUP-86")
	t.Parallel()
	for name, c := range map[string]struct {
		tty  terminal
		want syscall.SysProcAttr
	}{
		"no terminal":           {terminal{}, syscall.SysProcAttr{Setsid: true}},
		"we lead its session":   {terminal{present: true, ours: true, leader: true}, syscall.SysProcAttr{Setsid: true, Setctty: true}},
		"somebody else does":    {terminal{present: true, ours: true}, syscall.SysProcAttr{Setpgid: true}},
		"it belongs to nobody":  {terminal{present: true, leader: true}, syscall.SysProcAttr{Setsid: true, Setctty: true}},
		"it is somebody else's": {terminal{present: true}, syscall.SysProcAttr{Setsid: true, Setctty: true}},
	} {
		got := sessionFor(c.tty)
		if got.Setsid != c.want.Setsid || got.Setctty != c.want.Setctty || got.Setpgid != c.want.Setpgid {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWithPath(t *testing.T) {
	clause.Proves(t, "ENV-04")
	t.Parallel()
	for path, want := range map[string]string{
		"":                        "/command:/usr/bin:/bin",
		"/usr/local/bin:/usr/bin": "/command:/bin:/usr/local/bin:/usr/bin",
		"/a:/usr/bin:/bin":        "/command:/a:/usr/bin:/bin",
		"/command:/usr/bin:/bin":  "/command:/usr/bin:/bin",
	} {
		got := withPath([]string{"A=1", "PATH=" + path})
		if diff := cmp.Diff([]string{"A=1", "PATH=" + want}, got); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff([]string{"PATH=/command:/usr/bin:/bin"}, withPath(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestStage2Code(t *testing.T) {
	clause.Proves(t, "BOOT-04")
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"failure":          {errors.New("x"), 1},
		"timeout":          {fmt.Errorf("x: %w", context.DeadlineExceeded), 2},
		"hook":             {stage2Error{42, errors.New("x")}, 42},
		"one of many late": {errors.Join(errors.New("x"), context.DeadlineExceeded), 2},
	} {
		if got := stage2Code(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestParseAttrs(t *testing.T) {
	clause.Proves(t, "SUP-67")
	t.Parallel()
	rules, err := parseAttrs("# comment\n\n/data true hermes,10000:10000 0644 2755\n/one\tfalse 1:2 0600 0700\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []attrRule{
		{"/data", true, "hermes,10000:10000", 0o644, fs.ModeSetgid | 0o755},
		{"/one", false, "1:2", 0o600, 0o700},
	}
	if diff := cmp.Diff(want, rules, cmp.AllowUnexported(attrRule{})); diff != "" {
		t.Error(diff)
	}
	for line, complaint := range map[string]string{
		"/a true x 0644":        "4 words",
		"/a maybe x 0644 0755":  `recurse is "maybe"`,
		"/a true x rw 0755":     `mode is "rw"`,
		"/a true x 0644 0o755":  `mode is "0o755"`,
		"/a true x 0644 077777": `mode is "077777"`,
	} {
		if _, err := parseAttrs("\n" + line); err == nil || !strings.Contains(err.Error(), "line 2: "+complaint) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestOwnerOfRule(t *testing.T) {
	clause.Proves(t, "SUP-67")
	t.Parallel()
	lookup := func(name string) (int, int, error) {
		if name == "known" {
			return 7, 8, nil
		}
		return 0, 0, errors.New("unknown")
	}
	for account, want := range map[string]string{
		"known": "7:8", "known,1:2": "7:8", "unknown,1:2": "1:2", "3:4": "3:4", "unknown": "error", "unknown,x:y": "error", "unknown,": "error",
	} {
		uid, gid, err := owner(account, lookup)
		got := fmt.Sprintf("%d:%d", uid, gid)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", account, got, want)
		}
	}
}

// write makes an empty file.
func write(t *testing.T, mode os.FileMode, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, mode); err != nil {
		t.Fatal(err)
	}
}

func TestApplyAttrs(t *testing.T) {
	clause.Proves(t, "SUP-67")
	t.Parallel()
	dir := t.TempDir()
	write(t, 0o666, dir, "data", "file")
	write(t, 0o666, dir, "data", "sub", "deep")
	write(t, 0o666, dir, "data", ".hidden")
	write(t, 0o666, dir, "outside")
	if err := os.Symlink("../outside", filepath.Join(dir, "data", "link")); err != nil {
		t.Fatal(err)
	}
	modes := func() string {
		var out []string
		for _, path := range []string{"data", "data/file", "data/sub", "data/sub/deep", "data/.hidden", "outside"} {
			info, err := os.Stat(filepath.Join(dir, path))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%o", info.Mode().Perm()))
		}
		return strings.Join(out, " ")
	}
	account := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	rule := attrRule{path: dir + "/data", recurse: true, account: account, fmode: 0o640, dmode: 0o750}
	if err := rule.apply(false); err != nil {
		t.Fatal(err)
	}
	if got := modes(); got != "750 640 750 640 644 644" {
		t.Errorf("without hidden files: %s", got)
	}
	if err := rule.apply(true); err != nil {
		t.Fatal(err)
	}
	if got := modes(); got != "750 640 750 640 640 644" {
		t.Errorf("with hidden files: %s", got)
	}
	flat := attrRule{path: dir + "/data", account: account, fmode: 0o600, dmode: 0o700}
	if err := flat.apply(true); err != nil {
		t.Fatal(err)
	}
	if got := modes(); got != "700 640 750 640 640 644" {
		t.Errorf("without recursion: %s", got)
	}
	missing := attrRule{path: dir + "/missing", account: account}
	if err := missing.apply(true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing path: %v", err)
	}
}

func TestInstallLongrun(t *testing.T) {
	clause.Proves(t, "SUP-64")
	t.Parallel()
	src, dst := t.TempDir(), filepath.Join(t.TempDir(), "svc")
	for _, file := range []string{"run", "finish", "notification-fd", "timeout-kill", "type", "down", "env/X", "data/check", "dependencies.d/base", "log/run"} {
		write(t, 0o644, src, file)
	}
	if err := installLongrun(src, dst); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := filepath.WalkDir(dst, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, _ := d.Info()
			rel, _ := filepath.Rel(dst, path)
			got = append(got, fmt.Sprintf("%s %o", rel, info.Mode().Perm()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"data/check 644", "down 644", "env/X 644", "finish 755", "notification-fd 644", "run 755", "timeout-kill 644"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
