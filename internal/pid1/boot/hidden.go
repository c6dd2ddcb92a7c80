package boot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// imageDir has the image's own programs, and is no place for a volume.
const imageDir = "/opt/hermes"

// imageMark is a file that the build of this image makes last.
const imageMark = imageDir + "/libexec/image.env"

// checkImage refuses a start whose main program is hidden: by a mount that is empty, or has the files of another image.
// Somebody who needs no wrapper may have no such directory at all.
//
// contract: MOVE-04
func (b *boot) checkImage() error {
	if len(b.args) == 0 || b.args[0] != wrapper {
		return nil
	}
	for _, file := range []string{wrapper, front, imageMark} {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if !mounted(imageDir) {
			return refusal{fmt.Errorf("%q is missing: this image is incomplete; build it anew", file)}
		}
		return refusal{fmt.Errorf("%q is missing: a mount at %q hides this image's own files; "+
			"start without that mount (-v …:%s), and keep the agent's data at /opt/data", file, imageDir, imageDir)}
	}
	return nil
}

// mounted reports whether dir, or the directory that it lies in, is on another file system than the root.
func mounted(dir string) bool {
	root, err := os.Stat("/")
	if err != nil {
		return false
	}
	for _, dir := range []string{dir, filepath.Dir(dir)} {
		info, err := os.Stat(dir)
		if err == nil && info.Sys().(*syscall.Stat_t).Dev != root.Sys().(*syscall.Stat_t).Dev {
			return true
		}
	}
	return false
}
