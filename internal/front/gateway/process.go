package gateway

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// IsProcess reports whether the words of a command line are those of the agent as a gateway, supervised or not.
//
// contract: AGT-02
func IsProcess(words []string) bool {
	if len(words) < 3 || !strings.HasPrefix(filepath.Base(words[0]), "python") {
		return false
	}
	rest := words[2:]
	if words[1] == "-m" && words[2] == "hermes_cli.main" {
		rest = words[3:]
	} else if filepath.Base(words[1]) != "hermes" {
		return false
	}
	at := slices.Index(rest, "gateway")
	return at >= 0 && (at == len(rest)-1 || rest[at+1] == "run" || strings.HasPrefix(rest[at+1], "-"))
}

// Runs reports whether a gateway runs among the processes below root.
func Runs(root string) bool {
	return slices.ContainsFunc(procfs.Pids(root), func(pid int) bool {
		line, err := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "cmdline"))
		return err == nil && IsProcess(strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00"))
	})
}

// AnyWanted reports whether a slot's gateway is up, or wanted up.
func (d Scandir) AnyWanted() bool {
	names, _ := d.Profiles() // a scandir that cannot be read has none
	return slices.ContainsFunc(names, func(name string) bool {
		status, err := s6.ReadStatus(d.Dir(name))
		return err == nil && (status.WantUp || status.Pid != 0)
	})
}
