package leftovers

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// firstMark is the least value of a mark. As microseconds of uninterrupted real-time scheduling it is 142 years.
const firstMark = 1 << 52

// MarkOf is the mark of the service of that NAME.
func MarkOf(name string) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return firstMark + uint64(h.Sum32())
}

// Mark marks a process of the same user; what it starts from now on inherits that. Where the hard limit is lower, it
// cannot be.
func Mark(pid int, mark uint64) error {
	var limit unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_RTTIME, nil, &limit)
	if err == nil {
		limit.Cur = mark
		err = unix.Prlimit(pid, unix.RLIMIT_RTTIME, &limit, nil)
	}
	if err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
		return fmt.Errorf("cannot mark process %d, its leftovers may stay: %w", pid, err)
	}
	return nil
}

// markIn reads the mark of a process from its limits, which everybody may see; 0 if it has none.
func markIn(root string, pid int) uint64 {
	text, err := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "limits"))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, found := bytes.CutPrefix(line, []byte("Max realtime timeout")); found {
			soft := string(append(bytes.Fields(rest), nil)[0])
			mark, _ := strconv.ParseUint(soft, 10, 64) // 0 for "unlimited"
			if mark < firstMark {
				return 0
			}
			return mark
		}
	}
	return 0
}
