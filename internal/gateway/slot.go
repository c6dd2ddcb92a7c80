package gateway

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/profile"
	"caduceus/internal/s6"
)

//go:embed slot/run.sh
var runScript string

//go:embed slot/finish.sh
var finishScript string

//go:embed slot/log-run.sh
var logScript string

// DefaultKillTimeout is the time between the stop signal of a gateway and its SIGKILL.
//
// contract: BOOT-18
const DefaultKillTimeout = 7 * time.Second

// Slot is the service directory of one gateway.
type Slot struct {
	Profile     string
	Up          bool          // starts when the supervisor sees it; else it has a down file
	KillTimeout time.Duration // 0: DefaultKillTimeout
}

// file is an entry of a service directory; a name that ends in a slash is a directory.
type file struct {
	name    string
	mode    os.FileMode // as of chmod: with os.ModeSetgid, os.ModeSticky; os.ModeNamedPipe for a fifo
	content string
}

// render lists what is in the slot's directory, parents first.
//
// contract: SLOT-01, SLOT-02, SLOT-04, BOOT-18, LOG-01, LOG-02, LOG-03
func (s Slot) render() []file {
	selection := ""
	if s.Profile != profile.Default {
		selection = "-p " + s.Profile + " "
	}
	fill := strings.NewReplacer("@PROFILE@", s.Profile, "@SELECT@", selection)
	timeout := max(s.KillTimeout, DefaultKillTimeout)
	files := []file{
		{"type", 0o644, "longrun\n"},
		{"run", 0o755, fill.Replace(runScript)},
		{"finish", 0o755, fill.Replace(finishScript)},
		{"timeout-kill", 0o644, strconv.FormatInt(timeout.Milliseconds(), 10) + "\n"},
		{"log/", 0o755, ""},
		{"log/type", 0o644, "longrun\n"},
		{"log/run", 0o755, fill.Replace(logScript)},
	}
	if !s.Up {
		files = append(files, file{s6.DownFile, 0o644, ""})
	}
	const events = os.ModeSetgid | os.ModeSticky | 0o730
	for _, dir := range []string{"", "log/"} {
		files = append(files,
			file{dir + "event/", events, ""},
			file{dir + "supervise/", 0o755, ""},
			file{dir + "supervise/event/", events, ""},
			file{dir + "supervise/control", os.ModeNamedPipe | 0o660, ""},
		)
	}
	return files
}

// lay makes the entries below the new directory dir.
func lay(dir string, files []file) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, f := range append([]file{{"./", 0o755, ""}}, files...) {
		path := filepath.Join(dir, f.name)
		var err error
		switch {
		case f.name == "./":
		case strings.HasSuffix(f.name, "/"):
			err = os.Mkdir(path, 0o700)
		case f.mode&os.ModeNamedPipe != 0:
			err = syscall.Mkfifo(path, 0o600)
		default:
			err = os.WriteFile(path, []byte(f.content), 0o600)
		}
		if err == nil {
			err = os.Chmod(path, f.mode&^os.ModeNamedPipe) // in spite of the umask
		}
		if err != nil {
			return fmt.Errorf("cannot prepare %q: %w", path, err)
		}
	}
	return nil
}
