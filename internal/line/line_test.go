package line

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type kind uint8

type values struct {
	Int   int
	Span  time.Duration
	Kind  kind
	Big   uint64
	Yes   bool
	Word  string
	Quote string
	Bytes []byte
}

const form = "v %d %d (%d) %d %t %s %q %x\n"

func (v *values) scan(text string) error {
	return Scan(text, form, &v.Int, &v.Span, &v.Kind, &v.Big, &v.Yes, &v.Word, &v.Quote, &v.Bytes)
}

func (v values) text() string {
	return fmt.Sprintf(form, v.Int, v.Span, v.Kind, v.Big, v.Yes, v.Word, v.Quote, v.Bytes)
}

// The text of these values is one line of the form: %d of a time.Duration is a number.
func TestWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	for _, want := range []values{
		{Int: 1, Word: "a", Bytes: []byte{0}},
		{-1, -time.Hour, 255, 1<<64 - 1, true, "ü-\x01", "a \"b\"\n\xff", []byte{0, 0xff}},
	} {
		for _, text := range []string{want.text(), want.text()[:len(want.text())-1], want.text() + "more"} {
			var got values
			if err := got.scan(text); err != nil {
				t.Errorf("%q: %v", text, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q: %s", text, diff)
			}
		}
	}
}

func TestWhatHasAnotherFormIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "v", "w 1 2 (3) 4 true a \"\" 00\n", "v  1 2 (3) 4 true a \"\" 00\n", "v 1 2 (3) 4 true a \"\" 00 \n",
		"v x 2 (3) 4 true a \"\" 00\n", "v - 2 (3) 4 true a \"\" 00\n", "v +1 2 (3) 4 true a \"\" 00\n", "v 0x1 2 (3) 4 true a \"\" 00\n",
		"v 9223372036854775808 2 (3) 4 true a \"\" 00\n", "v 1 2 (256) 4 true a \"\" 00\n", "v 1 2 (-3) 4 true a \"\" 00\n",
		"v 1 2 (3) 4 True a \"\" 00\n", "v 1 2 (3) 4 1 a \"\" 00\n", "v 1 2 (3) 4 true  \"\" 00\n", "v 1 2 (3) 4 true a \" 00\n",
		"v 1 2 (3) 4 true a \"\\z\" 00\n", "v 1 2 (3) 4 true a \"\" 0\n", "v 1 2 (3) 4 true a \"\" 0g\n", "v 1 2 (3) 4 true a \"\" ",
	} {
		if err := new(values).scan(text); !errors.Is(err, ErrForm) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add(values{Word: "a", Quote: "b"}.text())
	f.Add("v 1 2 (3) 4 true a `b` 00")
	f.Fuzz(func(t *testing.T, text string) {
		var got, again values
		if got.scan(text) != nil {
			return
		}
		if err := again.scan(got.text()); err != nil || !cmp.Equal(got, again) {
			t.Errorf("%q is %+v, and then %+v, %v", text, got, again, err)
		}
	})
}
