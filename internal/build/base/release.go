package base

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// releaseDate reads the Date of a Release or InRelease file.
func releaseDate(r io.Reader) (time.Time, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "Date: "); ok {
			t, err := time.Parse(time.RFC1123, strings.TrimSpace(value))
			if err != nil {
				return time.Time{}, fmt.Errorf("cannot parse the date of a Release file: %w", err)
			}
			return t.UTC(), nil
		}
	}
	if err := lines.Err(); err != nil {
		return time.Time{}, err
	}
	return time.Time{}, fmt.Errorf("cannot date the archive: a Release file has no Date line")
}
