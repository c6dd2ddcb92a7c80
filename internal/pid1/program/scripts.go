package program

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Scripts lists the files of a directory in bytewise order, as boot and stop scripts run. Without
// the directory there are none.
func Scripts(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, path)
		}
	}
	return out, err
}
