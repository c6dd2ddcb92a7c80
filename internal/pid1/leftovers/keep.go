package leftovers

import (
	"bytes"
	"fmt"
)

// MaxKeep bounds the list of what stays, in bytes.
const MaxKeep = 64 << 10

// ParseKeep reads the list of what stays: a line "PID START" for each process. Other lines are passed over.
func ParseKeep(text []byte) map[ID]bool {
	keep := map[ID]bool{}
	for line := range bytes.Lines(text) {
		var id ID
		if n, _ := fmt.Sscanf(string(line), "%d %d\n", &id.Pid, &id.Start); n == 2 && id.Pid > 1 && id.Start > 0 {
			keep[id] = true
		}
	}
	return keep
}
