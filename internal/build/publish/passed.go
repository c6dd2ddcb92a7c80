package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Pass is one run of all container tests that an image passed.
type Pass struct {
	Image    string    `json:"image"`    // the engine's id, "sha256:..."
	Revision string    `json:"revision"` // commit of the clean tree that tested it
	Tests    int       `json:"tests"`
	At       time.Time `json:"at"`
}

const (
	passedSchema = "caduceus.passed/v1"
	passedFile   = "passed.json"
	keptPasses   = 20
)

type passedRecord struct {
	Schema string `json:"schema"`
	Passes []Pass `json:"passes"` // newest last
}

// Passes reads the record that lies in dir. No record means no pass.
func Passes(dir string) ([]Pass, error) {
	name := filepath.Join(dir, passedFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the record of tests: %w", err)
	}
	var record passedRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, fmt.Errorf("cannot parse %q: %w; delete it and test again", name, err)
	}
	if record.Schema != passedSchema {
		return nil, fmt.Errorf("cannot use %q: schema is %q, not %q; delete it and test again", name, record.Schema, passedSchema)
	}
	return record.Passes, nil
}

// Record adds a pass to the record in dir, in one step. The oldest of more than twenty
// passes go.
func Record(dir string, p Pass) error {
	passes, err := Passes(dir)
	if err != nil {
		return err
	}
	passes = slices.DeleteFunc(passes, func(old Pass) bool { return old.Image == p.Image && old.Revision == p.Revision })
	passes = append(passes, p)
	passes = passes[max(0, len(passes)-keptPasses):]
	text, err := json.MarshalIndent(passedRecord{passedSchema, passes}, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write the record of tests: %w", err)
	}
	name := filepath.Join(dir, passedFile)
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("cannot write the record of tests: %w", err)
	}
	return os.Rename(name+".new", name)
}
