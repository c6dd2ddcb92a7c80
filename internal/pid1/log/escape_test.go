package log

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"caduceus/internal/clause"
)

func TestALineDoesNothingToATerminal(t *testing.T) {
	clause.Proves(t, "SUP-119")
	for text, want := range map[string]string{
		"plain: ümlaut 5 %": "plain: ümlaut 5 %",
		"a\x1b[2Jb\x07":     `a\x1b[2Jb\a`,
		"a\nb\tc\r":         `a; b c\r`,
		"\xff\xc2\x9b":      `\xff\u009b`,
		"right\u202eleft":   `right\u202eleft`,
	} {
		if got := Escape(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var lines strings.Builder
	l := New(&lines, Info)
	l.Logger("init").Warnf("x\x1b]0;y\x07")
	l.Close()
	<-l.done
	if want := "init: warning: x\\x1b]0;y\\a\n"; lines.String() != want {
		t.Errorf("%q, want %q", lines.String(), want)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[2J\xff\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := Escape(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q gives %q", text, got)
		}
		if name := Name(text); len(name) > 16*maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is named %q", text, name)
		}
	})
}

func TestNamesAreCutAndQuoted(t *testing.T) {
	clause.Proves(t, "SUP-119")
	long := strings.Repeat("n", maxName)
	for name, want := range map[string]string{
		"gateway-default": "gateway-default", "foo/log": "foo/log", long: long, long + "n": `"` + long + `"...`,
		"": "", "a b": `"a b"`, "\x1b[0m": `"\x1b[0m"`, `x"y`: `"x\"y"`, "a: fatal: b": `"a: fatal: b"`,
	} {
		if got := Name(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func TestLinesOfAMinuteAreLimited(t *testing.T) {
	clause.Proves(t, "SUP-119")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var got []string
	l := NewLimit(Logger{func(_ Level, _, text string) { got = append(got, text) }, "user"}, 3, 100)
	l.now = func() time.Time { return now }
	for i := range 1000 {
		l.Logger().Warnf("line %d", i)
	}
	want := []string{"line 0", "line 1", "line 2", "too many lines: the rest is dropped until 00:01:00"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
	got, now = nil, now.Add(time.Minute)
	l.Logger().Warnf("%s", strings.Repeat("x", 99))
	l.Logger().Warnf("%s", "xx")
	l.Logger().Warnf("%s", "x")
	want = []string{"997 lines were dropped", strings.Repeat("x", 99), "too many lines: the rest is dropped until 00:02:00", "x"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}
