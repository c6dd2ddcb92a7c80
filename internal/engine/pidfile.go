package engine

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pidFiles are the pid files of a running engine, each with the name of its process.
func (h Host) pidFiles() map[string]string {
	dir := cmp.Or(h.RunDir, "/var/run")
	return map[string]string{
		filepath.Join(dir, "docker.pid"):                             "dockerd",
		filepath.Join(dir, "docker", "containerd", "containerd.pid"): "containerd",
	}
}

// starting finds an engine that runs but does not answer yet: another build's, or one
// that the package's own script started.
func (h Host) starting() (pid int, ok bool) {
	for file, program := range h.pidFiles() {
		if pid, ok := readPid(file); ok && program == "dockerd" && isRunning(pid, program) {
			return pid, true
		}
	}
	return 0, false
}

// clearStale removes pid files of an engine that was killed. Another process may have
// the pid by now, and dockerd would take it for its predecessor.
func (h Host) clearStale() {
	for file, program := range h.pidFiles() {
		if pid, ok := readPid(file); ok && !isRunning(pid, program) {
			_ = os.Remove(file) // dockerd names the file if it stays in its way
		}
	}
}

func readPid(file string) (int, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil
}

// isRunning reports whether a process runs under its name. One that waits to be reaped
// does not.
func isRunning(pid int, program string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil || strings.TrimSpace(string(name)) != program {
		return false
	}
	_, err = os.Stat(filepath.Join(proc, "exe")) // gone while it waits to be reaped
	return err == nil
}
