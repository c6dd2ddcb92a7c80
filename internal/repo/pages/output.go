package pages

import (
	"fmt"
	"regexp"
	"strings"
)

// rest stands on a page for what the page leaves out: for a part of a line, or, alone on a line, for any lines.
const rest = "…"

// changing is what differs from run to run, and what stands for it.
var changing = []struct { //nolint:gochecknoglobals // a constant that Go has no form for
	re *regexp.Regexp
	as string
}{
	{regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]"), ""},
	{regexp.MustCompile(`\b(?:sha256:)?[0-9a-f]{12,64}\b`), "ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\b\d{1,2}:\d\d(?::\d\d)?\b`), "TIME"},
	{regexp.MustCompile(`\b\d+(?:\.\d+)*(?:(?:ms|h|m|s|d)(?:\d+(?:\.\d+)?(?:ms|m|s))*)?\b`), "0"},
	{regexp.MustCompile(`\s+`), " "},
}

// plain is a line without what differs from run to run.
func plain(line string) string {
	for _, c := range changing {
		line = c.re.ReplaceAllString(line, c.as)
	}
	return strings.TrimSpace(line)
}

// Differs compares an output with the one that a page shows. Numbers, ids, times and the width of blanks are not
// compared. It returns the line of the page that the output lacks, and why; ok where there is no difference.
func (o Output) Differs(got string) (line int, why string, ok bool) {
	var printed []string
	for l := range strings.Lines(got) {
		if l = plain(l); l != "" {
			printed = append(printed, l)
		}
	}
	skips, at := false, 0
	for n, l := range strings.Split(o.Text, "\n") {
		want := plain(l)
		switch want {
		case "":
			continue
		case rest:
			skips = true
			continue
		}
		found := at
		for skips && found < len(printed) && !like(want, printed[found]) {
			found++
		}
		if found >= len(printed) || !like(want, printed[found]) {
			return o.Line + n, fmt.Sprintf("the output has no %q", strings.TrimSpace(l)), false
		}
		skips, at = false, found+1
	}
	if !skips && at < len(printed) {
		return o.Line, fmt.Sprintf("the output also has %q, which the page does not show", printed[at]), false
	}
	return 0, "", true
}

func like(want, line string) bool {
	parts := strings.Split(want, rest)
	if len(parts) == 1 {
		return want == line
	}
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(strings.TrimSpace(p))
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(line)
}
