package dotenv

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

// bytesOf returns the bytes whose numbers are those of the characters of text.
func bytesOf(text string) []byte {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return b
}

// The values were read by the agent.
func TestItReadsWhatTheAgentReads(t *testing.T) {
	clause.Proves(t, "SETUP-34", "SETUP-37")
	content, err := os.ReadFile("testdata/agent.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name, Text string
		Values     map[string]string
	}
	if err := json.Unmarshal(content, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 25 {
		t.Fatalf("only %d files", len(rows))
	}
	for _, row := range rows {
		if diff := cmp.Diff(row.Values, Read(bytesOf(row.Text), nil).Values); diff != "" {
			t.Errorf("%s: agent (-), here (+):\n%s", row.Name, diff)
		}
	}
}

func TestWhatTheAgentDoesNotFindIsNamedByItsLine(t *testing.T) {
	clause.Proves(t, "SETUP-37")
	for content, want := range map[string][]Fault{
		"":                                 nil,
		"# a=b\n\n   \n":                   nil,
		"A=1\r\nexport B=\"x\ny\" # c\n":   nil,
		"\xff\xfeA\x00=\x001\x00":          nil,
		"A=1\x00\nB=\xff\n":                nil,
		"A=1\nB=\"x\nC=3\n":                {{2, openQuote}},
		"\n\n A='x\ny\n":                   {{3, openQuote}, {4, noEquals}},
		"A=\"x\ny\"z\nB\n":                 {{1, afterQuote}, {3, noEquals}},
		"A=1\nsecret\n":                    {{2, noEquals}},
		"export A\n":                       {{1, noEquals}},
		"A: 1\n":                           {{1, noEquals}},
		"=1\n":                             {{1, noName}},
		"''=1\n":                           {{1, noName}},
		"A B=1\n":                          {{1, oddName}},
		"A#B=1\n":                          {{1, oddName}},
		"\"A\"=1\n":                        {{1, oddName}},
		"'A B'=1\n":                        {{1, oddName}},
		"'A=1\n":                           {{1, openQuote}},
		"\xef\xbb\xbfA=1\n":                {{1, markedName}},
		"\xef\xbb\xbf# c\nA=1\n":           nil,
		"\xff\xfe\x00\x00A\x00\x00\x00":    {{1, "UTF-32 text, not UTF-8"}},
		"\xff\xfeA\x00=":                   {{1, "UTF-16 text that is cut short, not UTF-8"}},
		strings.Repeat("A=1\n", 999) + "B": {{1000, noEquals}},
	} {
		if diff := cmp.Diff(want, Read([]byte(content), nil).Faults); diff != "" {
			t.Errorf("%.20q: %s", content, diff)
		}
	}
}

func TestReferencesAreToEarlierLinesAndToTheEnvironment(t *testing.T) {
	f := Read([]byte("A=${X}${Y}\nX=file\nB=${X}${Y:-d}\n"), []string{"X=given", "Y="})
	if diff := cmp.Diff(map[string]string{"A": "given", "X": "file", "B": "file"}, f.Values); diff != "" {
		t.Error(diff)
	}
}

func TestAKeyIsAddedToDotenv(t *testing.T) {
	for content, want := range map[string]string{
		"": "K=v\n", "A=1": "A=1\nK=v\n", "A=1\n": "A=1\nK=v\n", "A=\"x": "A=\"x\nK=v\n", "A=\xff\n": "A=\xff\nK=v\n",
	} {
		got, err := Append([]byte(content), "K", "v")
		if string(got) != want || err != nil || Read(got, nil).Values["K"] != "v" {
			t.Errorf("%q: %q, %v", content, got, err)
		}
	}
	for _, content := range []string{"\xff\xfeA\x00", "\xfe\xff\x00A", "\xff\xfe\x00\x00", "\x00\x00\xfe\xff"} {
		if got, err := Append([]byte(content), "K", "v"); err == nil {
			t.Errorf("%q: %q", content, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("A='x\ny'\nexport B=\"\n=\n${A:-}\\'")
	f.Add("A=xx\nB=${A}${A}\nC=${B:-${A}${B:}${")
	f.Fuzz(func(t *testing.T, content string) {
		file := Read([]byte(content), env.Environ{"HOME=/home"})
		for _, fault := range file.Faults {
			if fault.Line < 1 || fault.Line > strings.Count(content, "\n")+strings.Count(content, "\r")+1 {
				t.Errorf("line %d of %q", fault.Line, content)
			}
		}
		for name, value := range file.Values {
			if name == "" || len(value) > maxValues {
				t.Errorf("%q has %d bytes in %q", name, len(value), content)
			}
		}
	})
}

func TestReadingTakesTimeInProportion(t *testing.T) {
	clause.Proves(t, "SETUP-41")
	doubling := "A0=xxxxxxxxxx\n"
	for i := 1; i < 40; i++ {
		doubling += fmt.Sprintf("A%d=${A%d}${A%d}\n", i, i-1, i-1)
	}
	many := ""
	for i := range 50000 {
		many += fmt.Sprintf("N%d=${N%d}\n", i, i-1)
	}
	for name, content := range map[string]string{
		"doubling references":    doubling,
		"many names":             many,
		"many lines":             strings.Repeat("A=1\n", MaxSize/4),
		"many faults":            strings.Repeat("=\n", MaxSize/2),
		"open references":        "A=" + strings.Repeat("${", MaxSize/2),
		"odd references":         "A=" + strings.Repeat("${:", MaxSize/3) + "}",
		"far colons":             "A=" + strings.Repeat("${", MaxSize/2) + ":}",
		"open quotes":            strings.Repeat("A='", MaxSize/3),
		"escaped quotes":         strings.Repeat("A=\"\\\"\n", MaxSize/6),
		"lines of open quotes":   strings.Repeat("A=\"x\n", MaxSize/5),
		"quotes of two kinds":    strings.Repeat("A=\"'\nB='\"\n", MaxSize/10),
		"names in single quotes": strings.Repeat("'\n", MaxSize/2),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			file := Read([]byte(content), nil)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			total := 0
			for _, value := range file.Values {
				total += len(value)
			}
			if total > maxValues {
				t.Errorf("values of %d bytes", total)
			}
		})
	}
}
