package laws

import "fmt"

// Violation is one breach of a law.
type Violation struct {
	File string // slash-separated, relative to the root of the repository
	Line int    // 1-based; 0 when the whole file is meant
	Text string // what is wrong and what mends it
}

func (v Violation) String() string {
	if v.Line == 0 {
		return fmt.Sprintf("%s: %s", v.File, v.Text)
	}
	return fmt.Sprintf("%s:%d: %s", v.File, v.Line, v.Text)
}
