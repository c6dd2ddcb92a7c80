package checks

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryChangeOfAListingIsSeen(t *testing.T) {
	before := []string{"./a\tf 1:1 644 1.0 3 ", "./a\tabc", "./logs/boot.log\tf 1:1 644 1.0 9 ", "./gone\td 1:1 700 1.0 0 "}
	after := []string{"./a\tf 1:1 600 1.0 3 ", "./a\tabd", "./logs/boot.log\tf 1:1 644 2.0 99 ", "./new\tl 1:1 777 1.0 1 x"}
	want := []string{"- ./a\tabc", "+ ./a\tabd", "+ ./a\tf 1:1 600 1.0 3 ", "- ./a\tf 1:1 644 1.0 3 ", "- ./gone\td 1:1 700 1.0 0 ", "+ ./new\tl 1:1 777 1.0 1 x"}
	if diff := cmp.Diff(want, differences(before, after)); diff != "" {
		t.Error(diff)
	}
	if got := differences(before, before); len(got) > 0 {
		t.Errorf("no change: %q", got)
	}
}
