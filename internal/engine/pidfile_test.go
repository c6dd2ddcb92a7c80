package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"caduceus/internal/host"
)

// sleeper starts a process of the given name and returns its pid.
func sleeper(t *testing.T, name string) int {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed: it ends with an error
	})
	return cmd.Process.Pid
}

func TestOnlyPidFilesOfARunningEngineStay(t *testing.T) {
	dockerd, containerd := sleeper(t, "dockerd"), sleeper(t, "containerd")
	for name, c := range map[string]struct {
		docker, containerd string
		starting           bool
		left               int
	}{
		"a running engine":                      {strconv.Itoa(dockerd) + "\n", strconv.Itoa(containerd), true, 2},
		"killed, its containerd goes on":        {"1073741824", strconv.Itoa(containerd), false, 1},
		"killed, its pids belong to others now": {strconv.Itoa(os.Getpid()), strconv.Itoa(dockerd), false, 0},
		"none ran":                              {"", "", false, 0},
		"not a pid, so not ours to judge":       {"x", "y", false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			h := Host{Run: &host.Fake{}, RunDir: t.TempDir()}
			for file, program := range h.pidFiles() {
				text := map[string]string{"dockerd": c.docker, "containerd": c.containerd}[program]
				if text != "" {
					write(t, file, text)
				}
			}
			if _, ok := h.starting(); ok != c.starting {
				t.Errorf("starting: want %t", c.starting)
			}
			h.clearStale()
			left := 0
			for file := range h.pidFiles() {
				if _, err := os.Stat(file); err == nil {
					left++
				}
			}
			if left != c.left {
				t.Errorf("pid files left: want %d, got %d", c.left, left)
			}
		})
	}
}
