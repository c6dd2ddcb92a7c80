package output

import (
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
)

func TestLinesComeWholeAndInOrder(t *testing.T) {
	clause.Proves(t, "BOOT-12")
	var got []string
	l, err := NewLines(func(line []byte) { got = append(got, string(line)) })
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("y", maxLine+1)
	for _, text := range []string{"a\nb", "c\n\n", long + "\n", "end"} {
		if _, err := l.Writer.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	_ = l.Writer.Close()
	l.Settle(time.Minute)
	want := []string{"a\n", "bc\n", "\n", long[:maxLine] + "\n", "y\n", "end\n"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%.200q", got)
	}
}

// A daemon that a boot script has left has the pipe: what the script printed is there, and nobody waits for the daemon.
func TestSettleDoesNotWaitForWhoStaysBehind(t *testing.T) {
	clause.Proves(t, "BOOT-12")
	lines := make(chan string, 1)
	l, err := NewLines(func(line []byte) { lines <- string(line) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Writer.WriteString("printed\n"); err != nil {
		t.Fatal(err)
	}
	l.Settle(time.Millisecond)
	if got := <-lines; got != "printed\n" {
		t.Errorf("%q", got)
	}
	_ = l.Writer.Close()
	l.Settle(time.Minute)
}
