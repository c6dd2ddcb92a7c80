package host

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Facts is what the build host is.
type Facts struct {
	Root    bool   // effective user id is 0
	Admin   bool   // has CAP_SYS_ADMIN: may mount and make namespaces
	ID      string // os-release ID: "debian", "ubuntu", ...
	Like    string // os-release ID_LIKE
	Version string // os-release VERSION_ID: "12"
	Systemd bool   // systemd is the running init
	Arch    string // Go's name of the architecture
}

// Apt reports whether packages come from apt under Debian's names.
func (f Facts) Apt() bool {
	for _, id := range append(strings.Fields(f.Like), f.ID) {
		if id == "debian" || id == "ubuntu" {
			return true
		}
	}
	return false
}

// Read observes the machine this process runs on. A missing os-release is a host
// of unknown distribution, not an error.
func Read(arch string) (Facts, error) {
	f := Facts{Root: os.Geteuid() == 0, Arch: arch}
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		f.Admin = hasAdmin(string(status))
	}
	if info, err := os.Stat("/run/systemd/system"); err == nil {
		f.Systemd = info.IsDir()
	}
	file, err := os.Open("/etc/os-release")
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	defer func() { _ = file.Close() }()
	release, err := parseOSRelease(file)
	f.ID, f.Like, f.Version = release["ID"], release["ID_LIKE"], release["VERSION_ID"]
	return f, err
}

// hasAdmin reads the effective set of /proc/self/status; CAP_SYS_ADMIN is number 21.
func hasAdmin(status string) bool {
	for line := range strings.Lines(status) {
		if set, ok := strings.CutPrefix(line, "CapEff:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
			return err == nil && bits&(1<<21) != 0
		}
	}
	return false
}

func parseOSRelease(r io.Reader) (map[string]string, error) {
	release := map[string]string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), "="); ok {
			release[key] = strings.Trim(value, `"'`)
		}
	}
	return release, lines.Err()
}
