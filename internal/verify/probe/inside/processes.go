//go:build linux

package inside

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"caduceus/internal/procfs"
	"caduceus/internal/verify/probe"
)

// processes lists every process but the probe. One that ends meanwhile is left out.
func processes(root string) (list []probe.Process, cut bool, err error) {
	pids := procfs.Pids(root)
	if len(pids) == 0 {
		return nil, false, fmt.Errorf("no process is shown below %q", root)
	}
	slices.Sort(pids)
	for _, pid := range pids {
		if pid == os.Getpid() {
			continue
		}
		if len(list) == probe.MaxProcesses {
			return list, true, nil
		}
		if p, ok := process(root, pid); ok {
			list = append(list, p)
		}
	}
	return list, false, nil
}

func process(root string, pid int) (probe.Process, bool) {
	dir := filepath.Join(root, strconv.Itoa(pid))
	stat, err := procfs.Read(root, pid)
	if err != nil {
		return probe.Process{}, false
	}
	uids, err := procfs.UIDs(root, pid)
	if err != nil {
		return probe.Process{}, false
	}
	p := probe.Process{PID: pid, Parent: stat.Parent, State: string(stat.State), UIDs: uids, Command: []string{}}
	if comm, err := os.ReadFile(filepath.Join(dir, "comm")); err == nil {
		p.Comm = strings.TrimSuffix(string(comm), "\n")
	}
	if command, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && len(command) > 0 {
		p.Command = strings.Split(strings.TrimSuffix(string(command[:min(len(command), probe.MaxCommand)]), "\x00"), "\x00")
	}
	return p, true
}
