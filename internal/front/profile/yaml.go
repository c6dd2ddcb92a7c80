package profile

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// MaxConfig is the largest config.yaml that is read, in bytes.
const MaxConfig = 1 << 20

// LoadYAML reads the first document of a file into out; one without any leaves out as it is. Of a key that is given
// twice the last one counts, as for the agent: to look for such keys takes time with the square of their number, and
// hermes writes the file. The error says where and why, and never what stands there: that may be a secret.
func LoadYAML(content []byte, out any) error {
	loader, err := yaml.NewLoader(bytes.NewReader(content), yaml.WithV3Defaults(), yaml.WithUniqueKeys(false))
	if err != nil {
		return err
	}
	if err := loader.Load(out); err != nil && !errors.Is(err, io.EOF) {
		return withoutContent(err)
	}
	return nil
}

// withoutContent returns an error of the parser without what it quotes of the file.
func withoutContent(err error) error {
	text := err.Error()
	if strings.Contains(text, "construct") { // values that do not fit, quoted
		where := regexp.MustCompile(`line \d+`).FindString(text)
		if where == "" {
			where = "yaml"
		}
		return errors.New(where + ": a value is of another kind than it should be")
	}
	return errors.New(regexp.MustCompile(`anchor '(?s:.*)'`).ReplaceAllString(text, "anchor"))
}
