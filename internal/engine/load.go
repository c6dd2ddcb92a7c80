package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// loadResult reads the stream of messages that answers a load. The engine says
// 200 before it has read the archive, so its failures come in here.
func loadResult(r io.Reader) error {
	messages := json.NewDecoder(r)
	for {
		var m struct {
			Error string `json:"error"`
		}
		err := messages.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read the engine's answer to a load: %w", err)
		}
		if m.Error != "" {
			return fmt.Errorf("cannot load image: %s", m.Error)
		}
	}
}
