package measure

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// pssOf reads the proportional set size of a process, in kB.
func pssOf(pid int) (int64, error) {
	path := fmt.Sprintf("/proc/%d/smaps_rollup", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return parsePSS(path, text)
}

func parsePSS(path string, text []byte) (int64, error) {
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			if fields := bytes.Fields(rest); len(fields) == 2 && string(fields[1]) == "kB" {
				return strconv.ParseInt(string(fields[0]), 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("cannot find the Pss of a process in %q", path)
}
