package reconcile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"caduceus/internal/cmdline"
	"caduceus/internal/env"
)

// commandWords reads the words of CMD behind the wrapper, as /init was given them. There are none where
// the image has another entry point, or another init.
func (r run) commandWords() []string {
	words, err := env.ReadCommand(r.CommandFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.warn(fmt.Errorf("cannot read the words of CMD: %w", err))
	}
	words, _ = cmdline.Behind(words)
	return words
}

func isHermes(word string) bool { return filepath.Base(word) == "hermes" }
