package profile

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v4"
)

// MaxConfig is the largest config.yaml that is read, in bytes.
const MaxConfig = 1 << 20

// LoadYAML reads the first document of a file into out; one without any leaves out as it is. Of a key that is given
// twice the last one counts, as for the agent: to look for such keys takes time with the square of their number, and
// hermes writes the file.
func LoadYAML(content []byte, out any) error {
	loader, err := yaml.NewLoader(bytes.NewReader(content), yaml.WithV3Defaults(), yaml.WithUniqueKeys(false))
	if err != nil {
		return err
	}
	if err := loader.Load(out); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
