package pipeline

import (
	"errors"
	"os"
	"path/filepath"
)

// Clean removes what the targets leave in the repository. Images stay: they belong to
// the engine.
func (p *Pipeline) Clean() error {
	var wrong []error
	for _, dir := range []string{"dist", ".cache", filepath.Join("tests", "docker", "artifacts")} {
		wrong = append(wrong, os.RemoveAll(filepath.Join(p.Root, dir)))
	}
	return errors.Join(wrong...)
}
