package host

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Facts is what the build host is.
type Facts struct {
	Root    bool   // effective user id is 0
	ID      string // os-release ID: "debian", "ubuntu", ...
	Like    string // os-release ID_LIKE
	Version string // os-release VERSION_ID: "12"
	Systemd bool   // systemd is the running init
	Arch    string // Go's name of the architecture
}

// Apt says whether packages come from apt with Debian's package names.
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
