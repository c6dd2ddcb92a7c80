package scan

import (
	"fmt"
	"time"
)

// letterPause is the least time between two lines about unknown letters.
const letterPause = time.Minute

// letterCount counts the unknown letters that no line was about. It belongs to the goroutine that reads them.
type letterCount struct {
	said time.Time // zero: nothing yet
	more int
}

// unknown counts a letter. It reports whether there is to be a line about it, and what to say of those before.
func (c *letterCount) unknown(now time.Time) (say bool, more string) {
	if !c.said.IsZero() && now.Sub(c.said) < letterPause {
		c.more++
		return false, ""
	}
	if c.more > 0 {
		more = fmt.Sprintf("; %d more came since the last line like this", c.more)
	}
	c.said, c.more = now, 0
	return true, more
}
