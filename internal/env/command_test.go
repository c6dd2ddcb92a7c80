package env

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestWordsOfACommandComeBackAsTheyWere(t *testing.T) {
	clause.Proves(t, "SUP-61")
	t.Parallel()
	file := filepath.Join(t.TempDir(), "command")
	if _, err := ReadCommand(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for name, words := range map[string][]string{
		"none":  nil,
		"plain": {"main-wrapper.sh", "gateway", "run"},
		"odd":   {"", "two words", "two\nlines", ""},
	} {
		if err := WriteCommand(file, words); err != nil {
			t.Fatal(err)
		}
		got, err := ReadCommand(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(words, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
