//go:build docker

package verify

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// promised are programs that checks call because they are promised (TOOL-01 and on): what they print is what the check is about.
const promised = `apt apt-get docker execlineb ffmpeg git perl ping rg rsync s6-log s6-setuidgid s6-svc s6-svscan s6-svscanctl s6-svstat s6-svwait
scp script sftp ss ssh ssh-keygen useradd xz`

// onlyWords stand in the text of checks, and no script of theirs calls the program of that name.
const onlyWords = `bridge dir fmt free link logger login more passwd service skill tc top tput uptime users w who yes`

// TestTheToolsThatScriptsCallAreLookedAt reads the checks for names of Debian's programs. One that a script begins to call
// has to stand in the list of tools that are compared with their packages.
func TestTheToolsThatScriptsCallAreLookedAt(t *testing.T) {
	t.Parallel()
	engine.OnceForBoth(t, "the checks are the same")
	files, err := filepath.Glob("../checks/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no checks: %v", err)
	}
	words := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range regexp.MustCompile(`[A-Za-z0-9_.+-]+`).FindAllString(string(text), -1) {
			words[word] = true
		}
	}
	c, err := engine.Start(t.Context(), harness.Spec{Image: engine.Image(), Entrypoint: []string{"sleep"}, Cmd: []string{"infinity"}})
	if c != nil {
		defer c.Remove(context.WithoutCancel(t.Context())) //nolint:errcheck // the sweep removes what is left
	}
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Sh(t.Context(), `cat /var/lib/dpkg/info/*.md5sums`)
	if err != nil || res.Code != 0 {
		t.Fatalf("%s, %v", res, err)
	}
	known := strings.Fields(promised + " " + onlyWords)
	tools, programs := harness.Tools(), 0
	for _, m := range regexp.MustCompile(`(?m)  (?:usr/)?s?bin/([^/\n]+)$`).FindAllStringSubmatch(res.Stdout, -1) {
		programs++
		if name := m[1]; words[name] && !slices.Contains(tools, name) && !slices.Contains(known, name) {
			t.Errorf("a check may call %q, and nobody looks whether it is Debian's: add it to the tools of package harness", name)
		}
	}
	if programs < 300 {
		t.Errorf("only %d programs in the records of packages", programs)
	}
}
