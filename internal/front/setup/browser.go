package setup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/contenv"
)

const (
	browserVariable = "AGENT_BROWSER_EXECUTABLE_PATH"
	minShmBytes     = 256 << 20
)

// findBrowser looks for the image's Chromium and tells the agent where it is, by a file of the
// container's environment.
//
// contract: SETUP-30
func (j *job) findBrowser() {
	browser := firstOf(j.get(browserVariable), j.dotenv[browserVariable])
	if browser == "" {
		dir := j.get("PLAYWRIGHT_BROWSERS_PATH")
		if dir == "" {
			return
		}
		if browser = firstBrowser(j.real(dir)); browser == "" {
			j.warn("no Chromium under %s, which PLAYWRIGHT_BROWSERS_PATH names: browser tools need %s", contenv.Shown(dir), browserVariable)
			return
		}
		browser = j.shown(browser)
		j.export(browserVariable, browser)
		j.say("Found agent-browser Chromium binary: %s", browser)
	} else if !isProgram(j.real(browser)) {
		j.warn("%s=%s is no program: browser tools will fail; leave it unset to use the image's browser", browserVariable, contenv.Shown(browser))
	}
	var st unix.Statfs_t
	if unix.Statfs(j.real("/dev/shm"), &st) == nil {
		if line := shmWarning(st.Blocks*uint64(st.Bsize), j.get("AGENT_BROWSER_ARGS")); line != "" {
			j.warn("%s", line)
		}
	}
}

// firstBrowser is the first executable below dir, in byte order, that is or leads to a regular file
// and has a name of Chromium; "" if there is none.
func firstBrowser(dir string) string {
	names := []string{"chrome", "chromium", "chrome-headless-shell", "headless_shell", "chromium-browser"}
	var found string
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !slices.Contains(names, filepath.Base(path)) {
			return nil
		}
		if isProgram(path) {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	return found
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// export adds a variable for all that starts later. Outside a booted container there is no place
// for it, and nobody to read it.
func (j *job) export(name, value string) {
	_, err := contenv.Write(j.real(contenv.Dir), []string{name + "=" + value})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("%v", err)
	}
}

// shmWarning is about a browser that would crash for want of shared memory.
//
// contract: SETUP-36
func shmWarning(size uint64, args string) string {
	if size >= minShmBytes || slices.Contains(strings.FieldsFunc(args, isSeparator), "--disable-dev-shm-usage") {
		return ""
	}
	return "/dev/shm has only " + megabytes(size) + ": Chromium may crash; start the container with --shm-size=1g"
}

func isSeparator(r rune) bool { return r == ',' || r == ' ' || r == '\n' }
