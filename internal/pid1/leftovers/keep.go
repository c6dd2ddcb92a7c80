package leftovers

import (
	"bytes"

	"caduceus/internal/line"
)

// MaxKeep bounds the list of what stays, in bytes.
const MaxKeep = 64 << 10

// ParseKeep reads the list of what stays: a line "PID START" for each process. Other lines are passed over.
func ParseKeep(content []byte) map[ID]bool {
	keep := map[ID]bool{}
	for text := range bytes.Lines(content) {
		var id ID
		if line.Scan(string(text), "%d %d\n", &id.Pid, &id.Start) == nil && id.Pid > 1 && id.Start > 0 {
			keep[id] = true
		}
	}
	return keep
}
