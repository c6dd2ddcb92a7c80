package setup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// program makes a program of a derived image.
func (c *container) program(path string, mode os.FileMode) string {
	c.t.Helper()
	file := filepath.Join(c.root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chmod(file, 0o755|mode); err != nil {
		c.t.Fatal(err)
	}
	return file
}

func TestProgramsWithRightsOfTheirOwnAreNamedOnce(t *testing.T) {
	clause.Proves(t, "RUN-14")
	c := newContainer(t)
	c.program("usr/bin/plain", 0)
	c.program("usr/bin/sudo", os.ModeSetuid)
	c.program("usr/local/bin/wall", os.ModeSetgid)
	capable := c.program("usr/bin/ping", 0)
	header := []byte{1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // cap_net_raw+ep
	if err := unix.Setxattr(capable, "security.capability", header, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("usr/bin", filepath.Join(c.root, "bin")); err != nil {
		t.Fatal(err)
	}
	out := c.run()
	for _, want := range []string{`"/usr/bin/sudo" is setuid,`, `"/usr/local/bin/wall" is setgid,`, `"/usr/bin/ping" has capabilities,`} {
		if strings.Count(out, want) != 1 {
			t.Errorf("want %s once in\n%s", want, out)
		}
	}
	if strings.Contains(out, "plain") || !strings.Contains(out, "HERMES_ALLOW_NEW_PRIVILEGES=1") {
		t.Errorf("said %s", out)
	}
	if out := c.run("HERMES_ALLOW_NEW_PRIVILEGES=1"); strings.Contains(out, "sudo") {
		t.Errorf("what is allowed is named: %s", out)
	}
}

func TestManyProgramsWithRightsAreCounted(t *testing.T) {
	clause.Proves(t, "RUN-14")
	c := newContainer(t)
	for i := range 20 {
		c.program(fmt.Sprintf("usr/bin/p%02d", i), os.ModeSetuid)
	}
	out := c.run()
	if got := strings.Count(out, "is setuid"); got != mostRights || !strings.Contains(out, "4 more programs have such rights") {
		t.Errorf("%d are named in\n%s", got, out)
	}
}
