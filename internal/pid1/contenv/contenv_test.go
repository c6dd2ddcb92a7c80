package contenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

// file makes an executable, and returns its path.
func file(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// self is this program under the name with-contenv.
func self(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), Name)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAScriptOfWithContenvIsStartedWithoutIt(t *testing.T) {
	clause.Proves(t, "SUP-63")
	keep := env.Environ{"S6_KEEP_ENV=1", "PATH=" + os.Getenv("PATH"), "KEPT=yes"}
	script := file(t, "#!"+self(t)+" sh\necho \"$0 $* $KEPT\"\n", 0o755)
	p, ok := Through(script, "", []string{"argv0", "one", "two words"}, keep)
	if !ok {
		t.Fatal("it is not")
	}
	if want := []string{"sh", script, "one", "two words"}; !slices.Equal(p.Argv, want) {
		t.Errorf("executes %q, want %q", p.Argv, want)
	}
	out, err := (&exec.Cmd{Path: p.Path, Args: p.Argv, Env: p.Environ}).CombinedOutput()
	if want := script + " one two words yes\n"; err != nil || string(out) != want {
		t.Errorf("printed %q, %v, want %q", out, err, want)
	}
	relative, ok := Through("./script", filepath.Dir(script), []string{"x"}, keep)
	if want := []string{"sh", "./script"}; !ok || !slices.Equal(relative.Argv, want) {
		t.Errorf("a relative file: %q, %t", relative.Argv, ok)
	}
}

// Whatever the kernel or with-contenv would have something to say about is left to them.
func TestWhatIsNoScriptOfWithContenvIsStartedAsItIs(t *testing.T) {
	clause.Proves(t, "SUP-63")
	keep := env.Environ{"S6_KEEP_ENV=1", "PATH=" + os.Getenv("PATH")}
	me := self(t)
	other := filepath.Join(t.TempDir(), Name)
	if err := os.Symlink("/bin/sh", other); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"another interpreter":         file(t, "#!/bin/sh\n", 0o755),
		"another with-contenv":        file(t, "#!"+other+" sh\n", 0o755),
		"one without a program":       file(t, "#!"+me+"\n", 0o755),
		"a program that is not there": file(t, "#!"+me+" no-such-program\n", 0o755),
		"two words":                   file(t, "#!"+me+" sh -e\n", 0o755),
		"not executable":              file(t, "#!"+me+" sh\n", 0o644),
		"no end of the first line":    file(t, "#!"+me+" sh", 0o755),
		"a long first line":           file(t, "#!"+me+" "+strings.Repeat("x", 300)+"\n", 0o755),
		"empty":                       file(t, "", 0o755),
		"a fifo":                      fifo,
		"a directory":                 t.TempDir(),
		"missing":                     filepath.Join(t.TempDir(), "missing"),
	} {
		if p, ok := Through(path, "", []string{"x"}, keep); ok {
			t.Errorf("%s: executes %q", name, p.Argv)
		}
	}
}

// Without an environment directory with-contenv says so; and its warnings are its own.
func TestWithoutAnEnvironmentWithContenvIsStarted(t *testing.T) {
	clause.Proves(t, "SUP-63")
	if _, err := os.Stat(env.Dir); err == nil {
		t.Skipf("there is a %s here", env.Dir)
	}
	if p, ok := Through(file(t, "#!"+self(t)+" sh\n", 0o755), "", []string{"x"}, env.Environ{"PATH=/bin:/usr/bin"}); ok {
		t.Errorf("executes %q", p.Argv)
	}
}
