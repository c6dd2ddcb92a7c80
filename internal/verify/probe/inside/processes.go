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
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return probe.Process{}, false
	}
	p := probe.Process{
		PID: pid, Parent: stat.Parent, Session: stat.Session, State: string(stat.State), StartTicks: stat.StartTicks,
		Groups: []uint32{}, Command: []string{},
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		readStatus(&p, key, strings.Fields(value))
	}
	if comm, err := os.ReadFile(filepath.Join(dir, "comm")); err == nil {
		p.Comm = strings.TrimSuffix(string(comm), "\n")
	}
	if command, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && len(command) > 0 {
		p.Command = strings.Split(strings.TrimSuffix(string(command[:min(len(command), probe.MaxCommand)]), "\x00"), "\x00")
	}
	p.Executable, _ = os.Readlink(filepath.Join(dir, "exe")) // not readable of a zombie, nor of others' for who is not root
	return p, true
}

// readStatus takes one line of /proc/PID/status.
func readStatus(p *probe.Process, key string, values []string) {
	sets := map[string]int{"CapInh": 0, "CapPrm": 1, "CapEff": 2, "CapBnd": 3, "CapAmb": 4}
	switch key {
	case "Uid", "Gid":
		for i, v := range values[:min(4, len(values))] {
			n, _ := strconv.ParseUint(v, 10, 32) // the kernel's own number
			if key == "Uid" {
				p.UIDs[i] = uint32(n)
			} else {
				p.GIDs[i] = uint32(n)
			}
		}
	case "Groups":
		for _, v := range values {
			n, _ := strconv.ParseUint(v, 10, 32)
			p.Groups = append(p.Groups, uint32(n))
		}
	case "NoNewPrivs":
		p.NoNewPrivs = len(values) == 1 && values[0] == "1"
	default:
		if i, found := sets[key]; found && len(values) == 1 {
			p.Capabilities[i], _ = strconv.ParseUint(values[0], 16, 64)
		}
	}
}
