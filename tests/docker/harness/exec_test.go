package harness

import (
	"strings"
	"testing"
)

func TestOutputWithoutEndIsCutAndAnError(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		fits bool
	}{
		"what fits":       {"12345678", true},
		"a byte too much": {"123456789", false},
		"far too much":    {strings.Repeat("x", 1<<20), false},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := drain(strings.NewReader(tc.text), true, 8)
			if (err == nil) != tc.fits || res.Stdout != tc.text[:8] {
				t.Errorf("got %q, %v", res.Stdout, err)
			}
		})
	}
}
