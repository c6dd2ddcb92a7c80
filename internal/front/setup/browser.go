package setup

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
)

// minShmBytes is the size of /dev/shm from which Chromium is known to work.
const minShmBytes = 256 << 20

// findBrowser finds the image's Chromium and exports its path for the agent, unless the operator has set one.
//
// contract: SETUP-30
func (j *job) findBrowser() {
	browser := j.setting(env.Browser)
	if browser == "" {
		dir := j.Environ.Value(env.Browsers)
		if dir == "" {
			return
		}
		// With the rights of hermes, who uses it: the variable may name a directory of hermes'.
		err := identity.As(j.hermes, func() { browser = firstBrowser(j.inRoot(dir)) })
		if err != nil {
			j.warn("%v", err)
			return
		}
		if browser == "" {
			j.warn("no Chromium under %s, which %s names: browser tools need %s", env.Shown(dir), env.Browsers, env.Browser)
			return
		}
		browser = j.withoutRoot(browser)
		j.export(env.Browser, browser)
		j.say("Found agent-browser Chromium binary: %s", escape([]byte(strings.ReplaceAll(browser, "\n", `\n`))))
	} else if launch.Executable(j.inRoot(browser)) != nil {
		j.warn("%s=%s cannot be executed: browser tools will fail; leave it unset to use the image's browser", env.Browser, env.Shown(browser))
	}
	var st unix.Statfs_t
	if unix.Statfs(j.inRoot("/dev/shm"), &st) == nil {
		if line := shmWarning(st.Blocks*uint64(st.Bsize), j.Environ.Value(env.BrowserArgs)); line != "" {
			j.warn("%s", line)
		}
	}
}

// maxBrowserFiles is how many files the search for a browser looks at; the image's have 400.
const maxBrowserFiles = 100000

// firstBrowser returns the first executable below dir, in byte order, that has a name of Chromium; "" if there is none.
func firstBrowser(dir string) string {
	names := []string{"chrome", "chromium", "chrome-headless-shell", "headless_shell", "chromium-browser"}
	var found string
	seen := 0
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if seen++; seen > maxBrowserFiles {
			return fs.SkipAll
		}
		if err != nil || !slices.Contains(names, filepath.Base(path)) {
			return nil
		}
		if launch.Executable(path) == nil {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// export sets a variable for all programs that start later. If the container was not booted by /init, there is no
// directory for it, and nobody would read it.
func (j *job) export(v env.Variable, value string) {
	_, err := env.Write(j.inRoot(env.Dir), env.Environ{v.String() + "=" + value})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("%v", err)
	}
}

// shmWarning returns a warning if /dev/shm is too small for Chromium and its flags do not avoid it, else "".
//
// contract: SETUP-36
func shmWarning(size uint64, args string) string {
	if size >= minShmBytes || slices.Contains(strings.FieldsFunc(args, isSeparator), "--disable-dev-shm-usage") {
		return ""
	}
	return "/dev/shm has only " + megabytes(size) + ": Chromium may crash; start the container with --shm-size=1g"
}

func isSeparator(r rune) bool { return r == ',' || r == ' ' || r == '\n' }
