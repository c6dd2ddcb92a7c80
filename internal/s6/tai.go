package s6

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// StampSize is the length of a binary TAI64N stamp.
const StampSize = 12

// taiOffset is 2^62, from which TAI64 counts, plus TAI-UTC: 10 seconds in 1972 and 27 leap seconds since.
const taiOffset = 1<<62 + 37

// ErrStamp is wrapped for text that is not a TAI64N label.
var ErrStamp = errors.New("not a TAI64N label")

// Stamp is a binary TAI64N stamp, big-endian.
type Stamp [StampSize]byte

// StampOf returns the stamp of t.
func StampOf(t time.Time) Stamp {
	var s Stamp
	binary.BigEndian.PutUint64(s[:8], uint64(t.Unix())+taiOffset)
	binary.BigEndian.PutUint32(s[8:], uint32(t.Nanosecond()))
	return s
}

// Time returns the time of the stamp, in UTC.
func (s Stamp) Time() time.Time {
	secs := binary.BigEndian.Uint64(s[:8]) - taiOffset
	return time.Unix(int64(secs), int64(binary.BigEndian.Uint32(s[8:]))).UTC()
}

// String returns the label: "@" and 24 hexadecimal digits.
func (s Stamp) String() string { return "@" + hex.EncodeToString(s[:]) }

// ParseStamp reads a label. Callers may test ErrStamp.
func ParseStamp(text string) (Stamp, error) {
	var s Stamp
	digits, ok := strings.CutPrefix(text, "@")
	if n, err := hex.Decode(s[:], []byte(digits[:min(len(digits), 2*StampSize)])); !ok || err != nil ||
		n != StampSize || len(digits) != 2*StampSize {
		return Stamp{}, fmt.Errorf("cannot parse %q: %w", text, ErrStamp)
	}
	return s, nil
}
