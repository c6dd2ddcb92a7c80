package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"caduceus/internal/held"
)

// file is where the failure is kept; it goes with the cache.
const file = "cache/config-migration.json"

// Failure is a migration that did not succeed.
type Failure struct {
	Latest int    `json:"latest"` // schema of the agent that it was for
	State  string `json:"state"`  // of the files, as StateOf returns it
	Cause  string `json:"cause"`
	Fix    string `json:"fix"`
}

// StateOf is a name for what a migration depends on in a data directory: the bytes of config.yaml and .env, and whether they can
// be read and written.
func StateOf(dir string) string {
	sum := sha256.New()
	for _, name := range []string{"config.yaml", ".env"} {
		path := filepath.Join(dir, name)
		fmt.Fprintf(sum, "%s %v\n", name, why(os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)))
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			_, err = io.Copy(sum, io.LimitReader(f, held.MaxFile))
			_ = f.Close() // nothing was written
		}
		fmt.Fprintf(sum, "\n%v\n", err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// why is the error of an open, without its file.
func why(f *os.File, err error) error {
	if err == nil {
		_ = f.Close() // nothing was written
	}
	return err
}

// Read returns the failure that the volume remembers. What cannot be read is none: then the migration is tried again.
func Read(home *held.Dir) (f Failure, ok bool) {
	content, err := home.ReadFile(file)
	return f, err == nil && json.Unmarshal(content, &f) == nil && f.State != ""
}

// Write remembers a failure.
func Write(home *held.Dir, f Failure) error {
	content, err := json.Marshal(f)
	if err == nil {
		err = home.MakeDirs(filepath.Dir(file), 0o700)
	}
	if err == nil {
		err = home.WriteFile(file, append(content, '\n'), held.Write{Mode: 0o600})
	}
	return err
}

// Forget removes the memory of a failure.
func Forget(home *held.Dir) error {
	if err := home.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
