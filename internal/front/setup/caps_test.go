package setup

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rootEnv names a container root: the test binary then runs setup there and exits.
const rootEnv = "SETUP_TEST_ROOT"

func TestMain(m *testing.M) {
	root := os.Getenv(rootEnv)
	if root == "" {
		m.Run()
		return
	}
	Run(context.Background(), Env{Environ: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Root: root})
}

// runWithoutCapability is run, in a process without these capabilities.
func (c *container) runWithoutCapability(names ...string) string {
	c.t.Helper()
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		c.t.Skip("needs setpriv")
	}
	var drop []string
	for _, name := range names {
		drop = append(drop, "-"+strings.ToLower(strings.TrimPrefix(name, "CAP_")))
	}
	list := strings.Join(drop, ",")
	// Inheritable capabilities would be kept, whatever the bounding set is.
	cmd := exec.Command(setpriv, "--ambient-caps="+list, "--inh-caps="+list, "--bounding-set="+list, os.Args[0])
	cmd.Env = append(slices.Clone(c.env), rootEnv+"="+c.root)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), lastLine) {
		c.t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
